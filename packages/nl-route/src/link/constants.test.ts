import * as ifnet from '@nltool/ifnet'
import { describe, expect, it } from 'vitest'
import { IFF, IFT } from './constants.ts'

/** Names that the wire has for what FreeBSD's kernel calls otherwise, and a type that it never makes. */
const renamed: Readonly<Record<string, number | undefined>> = {
  IFF_RUNNING: ifnet.IFF_DRV_RUNNING,
  IFF_OACTIVE: ifnet.IFF_DRV_OACTIVE,
  IFF_LOWER_UP: ifnet.IFF_NETLINK_1,
  IFT_INFINIBAND: 199,
}

describe('IFF, IFT', () => {
  // The client has numbers of its own, so that it loads nothing of the registry.
  it.each(Object.entries({ ...IFF, ...IFT }))('%s is what the interface registry means by it', (name, value) => {
    expect({ ...ifnet, ...renamed }[name]).toBe(value)
  })
})
