import { SocketError } from '../../errno/errors.ts'
import { privileged } from '../../model/cred.ts'
import { announceJoin, announceJoins, announceLeave } from '../groups/join-hooks.ts'
import type { Protocol } from '../protocol.ts'
import type { Sock } from './sock.ts'

/** Groups that fit the mask of an address. */
export const maskGroups = 32

function protocolOf(sock: Sock): Protocol | undefined {
  return sock.core.protocols.find(sock.protocol)?.protocol
}

/** The model's number of a group that a program names. */
export function toModelGroup(sock: Sock, number: number): number {
  return protocolOf(sock)?.groupOf?.(number, sock.rules.abi) ?? number
}

function toAbiGroup(sock: Sock, group: number): number {
  return protocolOf(sock)?.groupNumber?.(group, sock.rules.abi) ?? group
}

/** The highest group number that a socket may name. */
export function groupLimit(sock: Sock): number {
  return sock.rules.groupsMax ?? Math.max(maskGroups, protocolOf(sock)?.groups() ?? 0)
}

/**
 * NETLINK_ADD_MEMBERSHIP and NETLINK_DROP_MEMBERSHIP. Numbers that no family uses are accepted.
 * @throws SocketError ERANGE (FreeBSD) or EINVAL (Linux) out of range; EPERM where Linux's rules check the group
 */
export function changeMembership(sock: Sock, number: number, on: boolean): void {
  if (number <= 0 || number > groupLimit(sock)) {
    throw new SocketError(sock.rules.groupRange, `group ${number} is not in 1..${groupLimit(sock)}`)
  }
  const group = toModelGroup(sock, number)
  if (on) joinGroup(sock, group)
  else {
    announceLeave(sock, group)
    sock.core.groups.leave(sock, group)
  }
}

function joinGroup(sock: Sock, group: number): void {
  checkGroup(sock, group)
  if (!sock.cred.ownVnet) return // in a jail without its own stack nothing happens
  announceJoin(sock, group)
  sock.core.groups.join(sock, group)
}

function checkGroup(sock: Sock, group: number): void {
  if (sock.core.personality.groupPrivilegeAt !== 'join') return
  const needed = protocolOf(sock)?.groupPriv?.(group)
  if (needed !== undefined && !privileged(sock.cred, needed)) {
    throw new SocketError('EPERM', `joining group ${group} needs ${needed}`)
  }
}

/** Groups that a mask names or, with `named` false, leaves out, numbered by the model. */
function groupsOf(sock: Sock, mask: number, named: boolean): number[] {
  const numbers = Array.from({ length: maskGroups }, (_, index) => index + 1)
  return numbers
    .filter(number => (((mask >>> (number - 1)) & 1) === 1) === named)
    .map(number => toModelGroup(sock, number))
}

/**
 * Whether every group of a mask may be joined: privileges, then what the protocol says. Returns what takes the latter
 * back, for a bind that fails after all. @throws SocketError EPERM, or the protocol's refusal; nothing has changed then
 */
export function askForMask(sock: Sock, mask: number): () => void {
  const groups = groupsOf(sock, mask, true)
  for (const group of groups) checkGroup(sock, group)
  return announceJoins(sock, sock.cred.ownVnet ? groups : [])
}

/** Makes the membership of groups 1 to 32 what the mask says. */
export function setMask(sock: Sock, mask: number): void {
  for (const group of groupsOf(sock, mask, false)) {
    if (!sock.groups.has(group)) continue
    announceLeave(sock, group)
    sock.core.groups.leave(sock, group)
  }
  if (!sock.cred.ownVnet) return
  for (const group of groupsOf(sock, mask, true)) sock.core.groups.join(sock, group)
}

/** Membership as words of 32 groups, numbered by the ABI: bit g−1 stands for group g. */
export function membershipWords(sock: Sock, words: number): Uint32Array {
  const mask = new Uint32Array(words)
  for (const group of sock.groups) {
    const bit = toAbiGroup(sock, group) - 1
    if (bit >> 5 < words) mask[bit >> 5] = (mask[bit >> 5] as number) | (1 << (bit & 31))
  }
  return mask
}
