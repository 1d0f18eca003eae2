import type { Abi } from '../model/abi.ts'
import type { Cred, Privilege } from '../model/cred.ts'
import type { VnetId } from '../model/ids.ts'
import type { Ctx } from '../model/task.ts'
import type { Body } from '../wire/codec.ts'
import type { AnyHandler } from './handler.ts'

/** A message whose header has been checked, before its body is decoded. */
export interface RawRequest {
  readonly type: number
  readonly flags: number
  readonly seq: number
  readonly abi: Abi
  readonly vnet: VnetId
  /** NETLINK_GET_STRICT_CHK is on. */
  readonly strict: boolean
  /** The body: what follows the `nlmsghdr`. */
  readonly payload: Uint8Array
}

/** A socket that joins or leaves a group. */
export interface GroupMember {
  /** 0 while it is unbound. */
  readonly portid: number
  readonly pid: number
  readonly vnet: VnetId
  readonly cred: Cred
  readonly abi: Abi
}

/** A netlink protocol: how its messages find their handlers. */
export interface Protocol {
  /** NETLINK_*. */
  readonly number: number
  readonly name: string
  /** The handler of a request. @throws NetlinkError with the errno and text of the family for a type without one. */
  handlerOf(request: RawRequest): AnyHandler
  /** `nlmsg_type` of the answers to a request. */
  replyType(request: RawRequest): number
  /** How many multicast groups a Linux program may join; FreeBSD's limit is 127 whatever the protocol. */
  readonly groups: () => number
  /** The number by which a group of the model goes in an ABI (`notify` of nlctrl: 48 and 16). Default: the same. */
  readonly groupNumber?: (group: number, abi: Abi) => number
  /** The model's number of a group as an ABI names it; the inverse of `groupNumber`. */
  readonly groupOf?: (number: number, abi: Abi) => number
  /** What Linux asks of those who join a group, checked by kernels of its personality. Default: nothing. */
  readonly groupPriv?: (group: number) => Privilege | undefined
  /**
   * Asked at every join, a repeated one too, after the privilege and before the membership counts. A `NetlinkError`
   * refuses it. Groups are the model's.
   */
  readonly onJoin?: (group: number, member: GroupMember) => void
  /** Told at every leave, of a group never joined too, and of each membership of a socket that closes; not by `dropGroup`. */
  readonly onLeave?: (group: number, member: GroupMember) => void
  /** Linux programs may send to each other without privilege, as on NETLINK_USERSOCK. */
  readonly usersMaySend?: boolean
}

/** A message for everyone who has joined a group. */
export interface Notification<B> {
  readonly vnet: VnetId
  readonly protocol: number
  readonly group: number
  /** `nlmsg_type`. */
  readonly type: number
  /** `nlmsg_flags`, 0 if absent. */
  readonly flags?: number
  /** Default 0. */
  readonly seq?: number
  /** `nlmsg_pid`, default 0: the kernel. */
  readonly portid?: number
  readonly schema: Body<B>
  readonly body: B
  /** Listeners without it get nothing (FreeBSD checks at delivery). */
  readonly priv?: Privilege
}

/** What families need of the socket layer: multicast. */
export interface Multicast {
  /** Whether anybody in a network stack would get a message: if not, nothing need be built. */
  hasListeners(vnet: VnetId, protocol: number, group: number): boolean
  /**
   * Sends to every member, encoded once per ABI that listens; with NLM_F_ECHO in the request that causes it
   * (`ctx.origin`), one copy to the requester too. A full listener loses it and is told; nobody else notices.
   */
  notify<B>(ctx: Ctx, notification: Notification<B>): void
  /** Removes every member of a group that no longer exists. */
  dropGroup(protocol: number, group: number): void
}
