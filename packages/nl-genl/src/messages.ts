import {
  type AbiHooks,
  type AttributeSet,
  type AttributeSetSpec,
  type Body,
  type BodyOf,
  body,
} from '@nltool/nl-core/wire'
import type { AnyFamily, EventOperation, Exchange, NotifyOperation, RequestOperation } from './family.ts'
import { type GenericHeader, headerOf } from './header.ts'

/** Attributes of a message whose schema is known at run time only. */
export interface Attrs {
  readonly [property: string]: unknown
}

/** A message of any family. */
export type GenericBody = BodyOf<GenericHeader, Attrs>

/** Whether a request is answered once or by a dump. */
export type Mode = 'do' | 'dump'

/** An operation that user space asks for, of any family. */
export type AnyRequestOperation = RequestOperation<string, string>
/** A message to a group, of any family. */
export type AnyEventOperation = EventOperation<string, string, string> | NotifyOperation<string>

/** Any operation, narrowed by what it has. */
export type AnyOperation = AnyRequestOperation | AnyEventOperation

/** The operations of a family by name, without the types of their attributes. */
export function operationsOf(family: AnyFamily): readonly (readonly [name: string, operation: AnyOperation])[] {
  return Object.entries(family.ops)
}

/** Whether user space may ask for an operation. */
export function isRequest(operation: AnyOperation): operation is AnyRequestOperation {
  return !('notify' in operation) && !('event' in operation)
}

/** The part of an attribute set with these properties. */
export function partOf(set: AttributeSetSpec, properties: readonly string[]): AttributeSetSpec {
  return { attributes: set.attributes.filter(row => properties.includes(row.property)) }
}

/** Codecs of a family's messages, each made at its first use. */
export interface FamilyMessages {
  request(operation: AnyRequestOperation, mode: Mode): Body<GenericBody>
  /** `undefined` for an operation that is only acknowledged. */
  reply(operation: AnyRequestOperation, mode: Mode): Body<GenericBody> | undefined
  event(operation: AnyEventOperation): Body<GenericBody>
}

/** Derives the codecs of a family's messages from its definition; `linux` translates answers and events for Linux programs. */
export function messagesOf(family: AnyFamily, linux?: AbiHooks<GenericBody>): FamilyMessages {
  const header = headerOf(family.header)
  const bodies = new Map<string, Body<GenericBody>>()

  function bodyOf(setName: string, properties: readonly string[]): Body<GenericBody> {
    const key = `${setName}:${properties.join()}`
    const found = bodies.get(key)
    if (found !== undefined) return found
    const attrs: AttributeSet<Attrs> = partOf(setOf(family, setName), properties)
    const made = body(header, attrs, { name: family.name, ...(linux === undefined ? {} : { linux }) })
    bodies.set(key, made)
    return made
  }

  function sourceOf(operation: NotifyOperation<string>): Body<GenericBody> {
    const source = family.ops[operation.notify]
    const reply = source !== undefined && isRequest(source) ? (source.do?.reply ?? source.dump?.reply) : undefined
    if (source === undefined || reply === undefined || !isRequest(source)) {
      throw new TypeError(`${family.name}: notification of '${operation.notify}', which answers nothing`)
    }
    return bodyOf(source.set, reply)
  }

  return {
    request: (operation, mode) => bodyOf(operation.set, exchangeOf(operation, mode)?.request ?? []),
    reply(operation, mode) {
      const reply = exchangeOf(operation, mode)?.reply
      return reply === undefined ? undefined : bodyOf(operation.set, reply)
    },
    event: operation => ('event' in operation ? bodyOf(operation.set, operation.event) : sourceOf(operation)),
  }
}

/** What an operation does in a mode; `undefined` if nothing. */
export function exchangeOf(operation: AnyRequestOperation, mode: Mode): Exchange | undefined {
  return mode === 'do' ? operation.do : operation.dump
}

/** An attribute set of a family by name. */
export function setOf(family: AnyFamily, name: string): AttributeSetSpec {
  const set = family.sets[name]
  if (set === undefined) throw new TypeError(`${family.name} has no attribute set '${name}'`)
  return set
}
