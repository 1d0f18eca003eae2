import * as core from '@nltool/nl-core'
import { errnoNumber } from '@nltool/nl-core/errno'
import { familyFromAbi, familyToAbi } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

/** The tables of numbers, as the headers of both systems have them. */

const numberOf = (name: string): unknown => (core as Readonly<Record<string, unknown>>)[name]

describe('NS 1.2 flags', () => {
  it.each([
    ['NLM_F_REQUEST', 0x001],
    ['NLM_F_MULTI', 0x002],
    ['NLM_F_ACK', 0x004],
    ['NLM_F_ECHO', 0x008],
    ['NLM_F_DUMP_INTR', 0x010],
    ['NLM_F_DUMP_FILTERED', 0x020],
    ['NLM_F_ROOT', 0x100],
    ['NLM_F_MATCH', 0x200],
    ['NLM_F_ATOMIC', 0x400],
    ['NLM_F_DUMP', 0x300],
    ['NLM_F_REPLACE', 0x100],
    ['NLM_F_EXCL', 0x200],
    ['NLM_F_CREATE', 0x400],
    ['NLM_F_APPEND', 0x800],
    ['NLM_F_NONREC', 0x100],
    ['NLM_F_BULK', 0x200],
    ['NLM_F_CAPPED', 0x100],
    ['NLM_F_ACK_TLVS', 0x200],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 1.3 control message types', () => {
  it.each([
    ['NLMSG_NOOP', 1],
    ['NLMSG_ERROR', 2],
    ['NLMSG_DONE', 3],
    ['NLMSG_OVERRUN', 4],
    ['NLMSG_MIN_TYPE', 0x10],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 1.5 attribute type flags', () => {
  it.each([
    ['NLA_F_NESTED', 0x8000],
    ['NLA_F_NET_BYTEORDER', 0x4000],
    ['NLA_TYPE_MASK', 0x3fff],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 1.7 protocol numbers', () => {
  it.each([
    ['NETLINK_ROUTE', 0],
    ['NETLINK_USERSOCK', 2],
    ['NETLINK_GENERIC', 16],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 3.1 option numbers', () => {
  it.each([
    ['SOL_NETLINK', 270],
    ['NETLINK_ADD_MEMBERSHIP', 1],
    ['NETLINK_DROP_MEMBERSHIP', 2],
    ['NETLINK_PKTINFO', 3],
    ['NETLINK_BROADCAST_ERROR', 4],
    ['NETLINK_NO_ENOBUFS', 5],
    ['NETLINK_RX_RING', 6],
    ['NETLINK_TX_RING', 7],
    ['NETLINK_LISTEN_ALL_NSID', 8],
    ['NETLINK_LIST_MEMBERSHIPS', 9],
    ['NETLINK_CAP_ACK', 10],
    ['NETLINK_EXT_ACK', 11],
    ['NETLINK_GET_STRICT_CHK', 12],
    ['NETLINK_MSG_INFO', 257],
    ['NETLINK_SND_SYNC', 258],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 6.5 ext-ack attributes', () => {
  it.each([
    ['NLMSGERR_ATTR_MSG', 1],
    ['NLMSGERR_ATTR_OFFS', 2],
    ['NLMSGERR_ATTR_COOKIE', 3],
    ['NLMSGERR_ATTR_POLICY', 4],
    ['NLMSGERR_ATTR_MISS_TYPE', 5],
    ['NLMSGERR_ATTR_MISS_NEST', 6],
  ])('%s: %i', (name, value) => {
    expect(numberOf(name)).toBe(value)
  })
})

describe('NS 10.2 families', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [10, 28],
    [16, 38],
  ])('%i of Linux is %i of FreeBSD', (linux, freebsd) => {
    expect([familyFromAbi(linux, 'linux'), familyToAbi(freebsd, 'linux')]).toEqual([freebsd, linux])
    expect([familyFromAbi(freebsd, 'freebsd'), familyToAbi(freebsd, 'freebsd')]).toEqual([freebsd, freebsd])
  })

  it('28 of Linux is MPLS, not IPv6', () => {
    expect(familyFromAbi(28, 'linux')).not.toBe(28)
  })
})

describe('NS 10.4 errno map: equal on both', () => {
  it.each([
    ['EPERM', 1],
    ['ENOENT', 2],
    ['ESRCH', 3],
    ['EINTR', 4],
    ['EIO', 5],
    ['ENXIO', 6],
    ['ENOMEM', 12],
    ['EACCES', 13],
    ['EFAULT', 14],
    ['EBUSY', 16],
    ['EEXIST', 17],
    ['ENODEV', 19],
    ['EINVAL', 22],
    ['ENOSPC', 28],
    ['ERANGE', 34],
  ] as const)('%s: %i', (name, number) => {
    expect([errnoNumber(name, 'freebsd'), errnoNumber(name, 'linux')]).toEqual([number, number])
  })
})
