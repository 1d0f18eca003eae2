import { align4, NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP, NLM_F_ECHO, NLM_F_REQUEST } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { AnyHandler, Protocol, RawRequest } from '@nltool/nl-core/kernel'
import type { Privilege } from '@nltool/nl-core/model'
import { GENL_HDRLEN } from '../constants.ts'
import type { LiveFamily } from './live.ts'
import { groupInAbi } from './numbers.ts'
import type { GenericPersonality } from './personality.ts'

/** The registry, as dispatch looks into it. */
export interface DispatchTable {
  byId(id: number): LiveFamily | undefined
  visibleIn(live: LiveFamily, request: RawRequest): boolean
  /** How many groups a Linux program may join. */
  groups(): number
  /** What it takes to be a member of a group. */
  groupPriv(group: number): Privilege | undefined
}

/** NETLINK_GENERIC as a protocol of the socket layer: `nlmsg_type` names the family, `cmd` the operation. */
export function genericProtocol(table: DispatchTable, rules: GenericPersonality): Protocol {
  const unknownFamily = (): NetlinkError => new NetlinkError(rules.unknownFamily)

  function checkLength({ payload }: RawRequest, needed: number): void {
    if (payload.length < needed) throw new NetlinkError('EINVAL')
  }

  function familyOf(request: RawRequest): LiveFamily {
    if (rules.lengthFirst) checkLength(request, GENL_HDRLEN)
    const live = table.byId(request.type)
    if (live === undefined || !table.visibleIn(live, request)) throw unknownFamily()
    if (rules.fullHeader) checkLength(request, align4(GENL_HDRLEN + (live.family.header?.size ?? 0)))
    return live
  }

  /** Linux genl_header_check(), with its texts. */
  function checkHeader({ payload, flags }: RawRequest): void {
    if (payload[2] !== 0 || payload[3] !== 0) throw new NetlinkError('EINVAL', 'genlmsghdr.reserved field is not 0')
    const bits = (flags & NLM_F_DUMP) === NLM_F_DUMP ? flags & ~NLM_F_DUMP : flags
    if ((bits & ~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO)) !== 0)
      throw new NetlinkError('EINVAL', 'ambiguous or reserved bits set in nlmsg_flags')
  }

  function handlerOf(request: RawRequest): AnyHandler {
    const live = familyOf(request)
    const cmd = request.payload[0] ?? 0
    if (rules.strictHeaders && cmd >= (live.family.resvStartOp ?? 0)) checkHeader(request)
    const operation = live.operations.get(cmd)
    // Generic netlink dumps only with both bits set; one of them alone is an ordinary request.
    const rows = (request.flags & NLM_F_DUMP) === NLM_F_DUMP ? operation?.dump : operation?.do
    if (rows === undefined) throw new NetlinkError('EOPNOTSUPP')
    if (rules.strictness === 'operation') return rows.own
    return request.strict ? rows.strict : rows.liberal
  }

  return {
    number: NETLINK_GENERIC,
    name: 'NETLINK_GENERIC',
    handlerOf,
    replyType: request => request.type,
    groups: () => table.groups(),
    groupNumber: groupInAbi,
    groupOf: groupInAbi,
    groupPriv: group => table.groupPriv(group),
  }
}
