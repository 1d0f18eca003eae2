import type { Infer } from '@nltool/nl-core/wire'
import type { AnyFamily } from './family.ts'

type Ops<F extends AnyFamily> = F['ops']

/** The decoded attributes of the set that an operation names. */
type AttrsOfSet<F extends AnyFamily, Op extends keyof Ops<F>> = Ops<F>[Op] extends {
  readonly set: infer Set extends string
}
  ? Set extends keyof F['sets']
    ? Infer<F['sets'][Set]>
    : never
  : never

type Unlisted<Attrs> = Attrs extends { readonly unknown?: infer Raw } ? { readonly unknown?: Raw } : unknown

/** The attributes of a list of properties; those that no row describes are kept beside them. */
type Listed<Attrs, List> = List extends readonly (infer Property)[]
  ? Pick<Attrs, Property & keyof Attrs> & Unlisted<Attrs>
  : Unlisted<Attrs>

/** Names of the operations that user space may ask for in a mode. */
export type OpName<F extends AnyFamily, Mode extends 'do' | 'dump'> = {
  [Op in keyof Ops<F> & string]: Ops<F>[Op] extends { readonly [mode in Mode]: object } ? Op : never
}[keyof Ops<F> & string]

/** Names of the messages that the kernel sends to groups. */
export type EventName<F extends AnyFamily> = {
  [Op in keyof Ops<F> & string]: Ops<F>[Op] extends { readonly notify: string } | { readonly event: readonly string[] }
    ? Op
    : never
}[keyof Ops<F> & string]

type ExchangeOf<F extends AnyFamily, Op extends keyof Ops<F>, Mode extends 'do' | 'dump'> = Ops<F>[Op] extends {
  readonly [mode in Mode]: infer Exchange
}
  ? Exchange
  : never

/** The attributes of a request. */
export type RequestAttrs<F extends AnyFamily, Op extends keyof Ops<F>, Mode extends 'do' | 'dump'> =
  ExchangeOf<F, Op, Mode> extends {
    readonly request: infer List
  }
    ? Listed<AttrsOfSet<F, Op>, List>
    : Unlisted<AttrsOfSet<F, Op>>

/** The attributes of an answer; `undefined` for an operation that is only acknowledged. */
export type ReplyAttrs<F extends AnyFamily, Op extends keyof Ops<F>, Mode extends 'do' | 'dump'> =
  ExchangeOf<F, Op, Mode> extends {
    readonly reply: infer List
  }
    ? Listed<AttrsOfSet<F, Op>, List>
    : undefined

type NotifiedAttrs<F extends AnyFamily, Source> = Source extends keyof Ops<F>
  ? Source extends OpName<F, 'do'>
    ? ReplyAttrs<F, Source, 'do'>
    : ReplyAttrs<F, Source, 'dump'>
  : never

/** The attributes of a message to a group. */
export type EventAttrs<F extends AnyFamily, Op extends keyof Ops<F>> = Ops<F>[Op] extends {
  readonly notify: infer Source
}
  ? NotifiedAttrs<F, Source>
  : Ops<F>[Op] extends { readonly event: infer List }
    ? Listed<AttrsOfSet<F, Op>, List>
    : never

/** The family's own fixed header; `undefined` for a family without one. */
export type HeaderOf<F extends AnyFamily> = F extends { readonly header?: infer H }
  ? OwnHeader<Exclude<H, undefined>>
  : undefined

type OwnHeader<H> = [H] extends [never] ? undefined : Infer<H>

/** Names of a family's groups. */
export type GroupName<F extends AnyFamily> = keyof F['groups'] & string
