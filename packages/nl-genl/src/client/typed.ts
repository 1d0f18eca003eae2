import { type BatchResult, type Connection, type Message, type Operation, operation } from '@nltool/nl-core'
import type { AnyFamily } from '../family.ts'
import { headerOnly, ownHeader, zeroHeader } from '../header.ts'
import {
  type AnyRequestOperation,
  type Attrs,
  type FamilyMessages,
  type GenericBody,
  isRequest,
  type Mode,
  messagesOf,
  operationsOf,
} from '../messages.ts'
import type { OpName, ReplyAttrs } from '../types.ts'
import { groupNumbers } from './raw.ts'
import type { Renewable } from './renewal.ts'
import { renewedDump } from './renewed-dump.ts'
import type { FamilyBatchResult, FamilyEvent, FamilyRequestOptions, TypedFamily } from './types.ts'

/** A family with its definition, over a connection. */
export function typedFamily<F extends AnyFamily>(
  connection: Connection,
  family: F,
  renewable: Renewable,
): TypedFamily<F> {
  const messages = messagesOf(family)
  const requests = new Map<string, Operation<GenericBody>>()

  function operationFor(name: string, mode: Mode, id: number): Operation<GenericBody> {
    const key = `${mode} ${name} ${id}`
    const found = requests.get(key)
    if (found !== undefined) return found
    const made = operationOf(family, messages, name, mode, id)
    requests.set(key, made)
    return made
  }

  function bodyFor(name: string, attrs: Attrs, header: Attrs | undefined): GenericBody {
    return {
      header: {
        ...(header ?? zeroHeader(family.header)),
        cmd: requestNamed(family, name).cmd,
        version: family.version,
        reserved: 0,
      },
      attrs,
    }
  }

  async function request(
    name: string,
    attrs: Attrs,
    options: FamilyRequestOptions<AnyFamily>,
  ): Promise<Attrs | undefined> {
    const body = bodyFor(name, attrs, options.header as Attrs | undefined)
    return renewable.run(async ({ id }) => {
      const row = operationFor(name, 'do', id)
      if (requestNamed(family, name).do?.reply !== undefined)
        return (await connection.requestReply(row, body, options)).attrs
      await connection.request(row, body, options)
      return undefined
    })
  }

  return {
    get info() {
      return renewable.current()
    },
    family,
    do: (name, attrs, options = {}) =>
      request(name, (attrs ?? {}) as Attrs, options) as ReturnType<TypedFamily<F>['do']>,
    dump(name, attrs, options = {}) {
      const body = bodyFor(name, (attrs ?? {}) as Attrs, options.header as Attrs | undefined)
      const dump = renewedDump(renewable, ({ id }) => connection.dump(operationFor(name, 'dump', id), body, options))
      return dump.map(({ attrs: answer }) => answer) as ReturnType<TypedFamily<F>['dump']>
    },
    post(name, attrs, options = {}) {
      const body = bodyFor(name, (attrs ?? {}) as Attrs, options.header as Attrs | undefined)
      return connection.post(operationFor(name, 'do', renewable.current().id), body)
    },
    batch() {
      const batch = connection.batch()
      let names: OpName<F, 'do'>[] = []
      return {
        get length() {
          return names.length
        },
        add(name, attrs, options = {}) {
          const body = bodyFor(name, (attrs ?? {}) as Attrs, options.header as Attrs | undefined)
          const row = operationFor(name, 'do', renewable.current().id)
          const answered = requestNamed(family, name).do?.reply !== undefined
          const index = answered ? batch.get(row, body) : batch.add(row, body)
          names.push(name)
          return index
        },
        async send(options) {
          const sent = names
          names = []
          const results = await batch.send(options)
          return results.map((result, at) => familyResult<F>(sent[at] as OpName<F, 'do'>, result))
        },
      }
    },
    subscribe(groups, options = {}) {
      const info = renewable.current()
      const decode = eventDecoder(family, messages, info.id)
      return connection.subscribe(groupNumbers(info, groups), {
        decode: message => decode(message) as FamilyEvent<F> | undefined,
        signal: options.signal,
      })
    },
  }
}

function familyResult<F extends AnyFamily>(op: OpName<F, 'do'>, result: BatchResult): FamilyBatchResult<F> {
  if (!result.ok) return { ok: false, op, error: result.error }
  const [reply] = result.replies as readonly GenericBody[]
  return { ok: true, op, attrs: reply?.attrs as ReplyAttrs<F, OpName<F, 'do'>, 'do'> | undefined }
}

function requestNamed(family: AnyFamily, name: string): AnyRequestOperation {
  const found = family.ops[name]
  if (found === undefined || !isRequest(found)) throw new TypeError(`${family.name} takes no '${name}'`)
  return found
}

function operationOf(
  family: AnyFamily,
  messages: FamilyMessages,
  name: string,
  mode: Mode,
  id: number,
): Operation<GenericBody> {
  const found = requestNamed(family, name)
  const body = messages.request(found, mode)
  return operation({ name: `${family.name} ${name}`, type: id, body }, messages.reply(found, mode) ?? body)
}

/** Decodes a family's messages to groups; commands that the definition does not have give `undefined`. */
function eventDecoder(
  family: AnyFamily,
  messages: FamilyMessages,
  id: number,
): (message: Message) => object | undefined {
  const byCommand = new Map(
    operationsOf(family).flatMap(([name, found]) =>
      isRequest(found) ? [] : [[found.cmd, { name, body: messages.event(found) }] as const],
    ),
  )
  return message => {
    if (message.type !== id) return undefined
    const event = byCommand.get(message.decode(headerOnly).header.cmd)
    if (event === undefined) return undefined
    const { header, attrs } = message.decode(event.body)
    return { event: event.name, attrs, header: ownHeader(family.header, header) }
  }
}
