/**
 * Semantic rules of the socket layer that differ between the systems and do not follow from the ABI of a socket.
 * One row per rule; a kernel is given one of the two objects, or one of its own.
 */
export interface SocketPersonality {
  readonly name: string
  /** After a loss nothing more is queued on a socket until its receive queue has been emptied. */
  readonly congestedUntilEmpty: boolean
  /** Who must hold a handler's privilege: the credentials of the socket, or the sender's as well. */
  readonly privilegeOf: 'socket' | 'socket-and-sender'
  /** Where the privilege of a multicast group is checked: FreeBSD at each delivery, Linux when it is joined. */
  readonly groupPrivilegeAt: 'delivery' | 'join'
  /** How a dump answers that fails before its first object: NLMSG_ERROR, or NLMSG_DONE with the error. */
  readonly failedDump: 'error' | 'done'
  /** NETLINK_MSG_INFO and NETLINK_SND_SYNC on a socket of the Linux ABI. */
  readonly foreignOption: 'EINVAL' | 'ENOPROTOOPT'
  /** FreeBSD's generic layer finds a netlink socket connected from birth; whether connect(2) then says EISCONN. */
  readonly connectedFromBirth: boolean
}

/** FreeBSD's rules. */
export const freebsdSockets: SocketPersonality = {
  name: 'freebsd',
  congestedUntilEmpty: false,
  privilegeOf: 'socket',
  groupPrivilegeAt: 'delivery',
  failedDump: 'error',
  foreignOption: 'EINVAL',
  connectedFromBirth: false,
}

/** Linux's rules. */
export const linuxSockets: SocketPersonality = {
  name: 'linux',
  congestedUntilEmpty: true,
  privilegeOf: 'socket-and-sender',
  groupPrivilegeAt: 'join',
  failedDump: 'done',
  foreignOption: 'ENOPROTOOPT',
  connectedFromBirth: false,
}
