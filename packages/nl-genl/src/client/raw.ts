import { align4, type Connection, type Message, operation, type Subscription } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import type { RawAttribute } from '@nltool/nl-core/wire'
import { type FamilyInfo, hasOp, rawBody, rawMessage } from './family-info.ts'
import type { Renewable } from './renewal.ts'
import { renewedDump } from './renewed-dump.ts'
import type { GenericFamily, RawRequestOptions } from './types.ts'

/** The numbers of groups by name or number. @throws SocketError ENOENT for a name that the family does not have */
export function groupNumbers(info: FamilyInfo, groups: '*' | readonly (string | number)[]): readonly number[] {
  if (groups === '*') return info.groups.map(group => group.id)
  return groups.map(group => (typeof group === 'number' ? group : groupNumber(info, group)))
}

function groupNumber(info: FamilyInfo, name: string): number {
  const found = info.groups.find(group => group.name === name)
  if (found !== undefined) return found.id
  const known = info.groups.map(group => group.name).join(', ')
  throw new SocketError(
    'ENOENT',
    `family ${info.name} has no group '${name}'${known === '' ? '' : `; it has ${known}`}`,
  )
}

/** A family without a definition, over a connection. */
export function rawFamily(connection: Connection, renewable: Renewable): GenericFamily {
  const info = renewable.current()
  let schema = { hdrsize: info.hdrsize, body: rawBody(info) }

  /** Made anew only where a family came back with another fixed header. */
  function bodyOf(now: FamilyInfo): typeof schema.body {
    if (now.hdrsize !== schema.hdrsize) schema = { hdrsize: now.hdrsize, body: rawBody(now) }
    return schema.body
  }

  function requestOf(now: FamilyInfo, cmd: number, attrs: readonly RawAttribute[], options: RawRequestOptions) {
    const body = bodyOf(now)
    const own = options.header ?? new Uint8Array(align4(now.hdrsize))
    return {
      operation: operation({ name: `${now.name} command ${cmd}`, type: now.id, body }),
      body: { header: { cmd, version: options.version ?? now.version, reserved: 0, own }, attrs: { unknown: attrs } },
    }
  }

  return {
    ...info,
    hasOp: (cmd, mode) => hasOp(renewable.current(), cmd, mode),
    group: name => groupNumber(renewable.current(), name),
    do: (cmd, attrs = [], options = {}) =>
      renewable.run(async now => {
        const request = requestOf(now, cmd, attrs, options)
        const replies = await connection.requestReplies(request.operation, request.body, options)
        return replies.map(rawMessage)
      }),
    dump(cmd, attrs = [], options = {}) {
      const dump = renewedDump(renewable, now => {
        const request = requestOf(now, cmd, attrs, options)
        return connection.dump(request.operation, request.body, options)
      })
      return dump.map(rawMessage)
    },
    subscribe(groups, options = {}): Subscription<ReturnType<typeof rawMessage>> {
      const now = renewable.current()
      const body = bodyOf(now)
      const decode = (message: Message) => (message.type === now.id ? rawMessage(message.decode(body)) : undefined)
      return connection.subscribe(groupNumbers(now, groups), { decode, signal: options.signal })
    },
  }
}
