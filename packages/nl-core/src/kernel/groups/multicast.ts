import { NLM_F_ECHO } from '../../constants.ts'
import { WireError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { privileged } from '../../model/cred.ts'
import type { Ctx, Origin } from '../../model/task.ts'
import { abiRules } from '../abi-rules.ts'
import type { Core } from '../core.ts'
import { lostOnDemand } from '../debug/strike.ts'
import { lose, offerChunk } from '../dispatch/deliver.ts'
import { outbound } from '../dispatch/reply.ts'
import { beginMessage, createReplyBuffer, endMessage } from '../dispatch/reply-buffer.ts'
import type { Multicast, Notification } from '../protocol.ts'
import type { Chunk } from '../socket/receive-buffer.ts'
import type { Sock } from '../socket/sock.ts'

/** A notification as one ABI reads it; `null` where it cannot be said in that ABI. */
type Encoded = Chunk | null

/** Multicast of one kernel: encoded once for each ABI that listens, the frame shared by all listeners. */
export function createMulticast(core: Core): Multicast {
  const scratch = createReplyBuffer()

  function encode<B>(notification: Notification<B>, abi: Abi, seq: number, portid: number): Uint8Array | undefined {
    const { type, flags = 0, schema, body } = notification
    scratch.pos = 0 // the memory is used again: what listeners get is a copy of its exact size
    const mark = beginMessage(scratch, type, flags, seq, portid)
    try {
      schema.codec(abi).encode(scratch, outbound(schema, body, abiRules[abi]))
    } catch (error) {
      core.counters.unencodable += 1
      if (!(error instanceof WireError)) core.defect(error, `a notification of type ${type}`)
      return undefined
    }
    endMessage(scratch, mark)
    return scratch.bytes.slice(0, scratch.pos)
  }

  function chunkFor<B>(notification: Notification<B>, abi: Abi, origin: Origin | undefined): Encoded {
    const { protocol, group, seq = 0, portid = 0 } = notification
    const bytes = encode(notification, abi, seq, portid)
    if (bytes === undefined) return null
    return {
      bytes,
      start: 0,
      end: bytes.length,
      messages: 1,
      group: core.protocols.find(protocol)?.protocol.groupNumber?.(group, abi) ?? group,
      pid: origin?.pid,
      portid: origin?.portid ?? 0,
      from: 0,
      nsid: undefined,
    }
  }

  function mayHear<B>(sock: Sock, { priv }: Notification<B>): boolean {
    return priv === undefined || privileged(sock.cred, priv)
  }

  /** Newest socket first, as FreeBSD's list has them. */
  function toMembers<B>(notification: Notification<B>, encoded: (abi: Abi) => Encoded): void {
    const members = core.groups.members(notification.vnet, notification.protocol, notification.group)
    const { armed } = core.faults
    for (let index = members.length - 1; index >= 0; index--) {
      const sock = members[index] as Sock
      if (!mayHear(sock, notification)) continue
      const chunk = encoded(sock.rules.abi)
      if (chunk === null) continue
      if (armed && lostOnDemand(sock, notification)) lose(sock, chunk)
      else offerChunk(sock, chunk)
    }
  }

  /** NETLINK_LISTEN_ALL_NSID: members of the group in other network stacks that know this one by an id. */
  function toEverywhere<B>(notification: Notification<B>, encoded: (abi: Abi) => Encoded): void {
    const { vnet, protocol, group } = notification
    for (const sock of core.groups.everywhere) {
      if (sock.vnet === vnet || sock.protocol !== protocol || !sock.groups.has(group)) continue
      const nsid = core.nsidOf(sock.vnet, vnet)
      if (nsid === undefined || !mayHear(sock, notification)) continue
      const chunk = encoded(sock.rules.abi)
      if (chunk !== null) offerChunk(sock, { ...chunk, nsid })
    }
  }

  return {
    hasListeners: (vnet, protocol, group) =>
      core.groups.members(vnet, protocol, group).length > 0 || core.groups.everywhere.length > 0,
    notify<B>(ctx: Ctx, notification: Notification<B>) {
      const { origin } = ctx
      if (origin !== undefined && (origin.flags & NLM_F_ECHO) !== 0) {
        origin.echo(abi => encode(notification, abi, origin.seq, origin.portid))
      }
      const made: Record<Abi, Encoded | undefined> = { freebsd: undefined, linux: undefined }
      const encoded = (abi: Abi): Encoded => {
        let chunk = made[abi]
        if (chunk === undefined) {
          chunk = chunkFor(notification, abi, origin)
          made[abi] = chunk
        }
        return chunk
      }
      toMembers(notification, encoded)
      if (core.groups.everywhere.length > 0) toEverywhere(notification, encoded)
    },
    dropGroup: (protocol, group) => core.groups.drop(protocol, group),
  }
}
