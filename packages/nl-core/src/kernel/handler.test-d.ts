import type { FaultRule, Handlers, Request } from '@nltool/nl-core/kernel'
import { handler } from '@nltool/nl-core/kernel'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import type { Body } from '@nltool/nl-core/wire'

interface Thing {
  readonly header: { readonly id: number }
  readonly attrs: { readonly name?: string | undefined }
}
declare const thing: Body<Thing>
declare const other: Body<{ readonly header: { readonly port: number }; readonly attrs: object }>
declare function change(rtnl: RtnlHeld): void

const types = { THING_NEW: 16, THING_GET: 18 } as const

/** What is true at compile time is not run: every line below either compiles or is expected not to. */
export function rows(): void {
  // The lock of a row decides what its function receives.
  handler({ body: thing, lock: 'rtnl', do: (_request, _ctx, rtnl) => change(rtnl) })
  // @ts-expect-error without the lock there is no permission to hand on
  handler({ body: thing, do: (_request, _ctx, rtnl) => change(rtnl) })
  // @ts-expect-error nor with a lock that the handler takes itself
  handler({ body: thing, lock: 'own', do: (_request, _ctx, rtnl) => change(rtnl) })
  // @ts-expect-error RTNL is taken for a function, so there is one
  handler({ body: thing, lock: 'rtnl' })

  // The request has the type of the body, the answer that of the reply.
  handler({ body: thing, do: ({ body }: Request<Thing>, _ctx: Ctx) => ({ header: body.header, attrs: {} }) })
  handler({ body: thing, reply: other, do: () => ({ header: { port: 1 }, attrs: {} }) })
  // @ts-expect-error an answer of another shape
  handler({ body: thing, reply: other, do: () => ({ header: { id: 1 }, attrs: {} }) })
  // @ts-expect-error a dump of another shape
  handler({ body: thing, dump: () => [{ header: { port: 1 }, attrs: {} }] })

  // A table has a row for each type, and no other.
  const row = handler({ body: thing, do() {} })
  const full = { THING_NEW: row, THING_GET: row } satisfies Handlers<typeof types>
  // @ts-expect-error a type without its row
  const short = { THING_NEW: row } satisfies Handlers<typeof types>
  // @ts-expect-error a row without its type
  const long = { THING_NEW: row, THING_GET: row, THING_DEL: row } satisfies Handlers<typeof types>

  // A fault names what goes wrong.
  const delay: FaultRule = { at: 'delay', ms: 10, type: 24 }
  // @ts-expect-error how long?
  const unsaid: FaultRule = { at: 'delay' }
  // @ts-expect-error with which errno?
  const refusal: FaultRule = { at: 'request' }
  void [full, short, long, delay, unsaid, refusal]
}
