import { linkBody } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

/** `ifi_flags` as a Linux program reads them where FreeBSD has `flags`, and the way back. */
function through(flags: number): readonly [number | undefined, number | undefined] {
  const link = { header: { family: 0, type: 6, ifindex: 1, flags, change: 0 }, attrs: {} }
  return [linkBody.linux?.toAbi(link).header.flags, linkBody.linux?.fromAbi(link).header.flags]
}

describe('NS 10.3 interface flags', () => {
  it.each([
    ['UP', 0x1],
    ['BROADCAST', 0x2],
    ['DEBUG', 0x4],
    ['LOOPBACK', 0x8],
    ['POINTOPOINT', 0x10],
    ['RUNNING', 0x40],
    ['NOARP', 0x80],
    ['PROMISC', 0x100],
    ['ALLMULTI', 0x200],
  ])('%s is kept', (_name, flag) => {
    expect(through(flag)).toEqual([flag, flag])
  })

  it('MULTICAST: 0x8000 of FreeBSD, 0x1000 of Linux', () => {
    expect(through(0x8000)[0]).toBe(0x1000)
    expect(through(0x1000)[1]).toBe(0x8000)
  })

  it.each([0x20, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x10000, 0x20000, 0x40000, 0x80000])('%i is dropped', flag => {
    expect(through(flag)[0]).toBe(0)
  })

  it('loopback 24 is 772, Ethernet 6 is 1', () => {
    const typeOf = (type: number) =>
      linkBody.linux?.toAbi({ header: { family: 0, type, ifindex: 1, flags: 0, change: 0 }, attrs: {} }).header.type
    expect([typeOf(24), typeOf(6)]).toEqual([772, 1])
  })
})
