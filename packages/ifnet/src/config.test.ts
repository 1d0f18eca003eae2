import { type Errno, NetlinkError } from '@nltool/nl-core/errno'
import { IpAddress, type RtnlHeld } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  type DriverRequest,
  IFCAP_LRO,
  IFCAP_NETMAP,
  IFCAP_RXCSUM,
  IFF_ALLMULTI,
  IFF_BROADCAST,
  IFF_DEBUG,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_POINTOPOINT,
  IFF_PPROMISC,
  IFF_PROMISC,
  IFF_RENAMING,
  IFF_UP,
  IFT_ETHER,
  IFT_LOOP,
  type IfConfig,
  type IfEventName,
  type Ifnet,
  type IfSpec,
  InvariantError,
  type Net,
} from './index.ts'
import { createLab } from './testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const ip = (text: string): IpAddress => IpAddress.parse(text)

interface Bench {
  readonly net: Net
  readonly ifp: Ifnet
  readonly heard: string[]
  readonly asked: DriverRequest[]
  /** What the driver answers from now on. */
  refuse(errno: Errno | undefined): void
  /** A change with everything filled in but its own arguments. */
  call<K extends keyof IfConfig>(name: K, ...args: ConfigArgs<K>): unknown
}

type ConfigArgs<K extends keyof IfConfig> =
  Parameters<IfConfig[K]> extends [unknown, unknown, unknown, ...infer Rest] ? Rest : never

/** An attached interface, its driver and its listeners, with the RTNL held. */
async function bench(
  work: (at: Bench) => void,
  spec: Partial<IfSpec> = {},
  events: readonly IfEventName[] = [],
): Promise<void> {
  const lab = createLab()
  const { net } = lab
  const heard: string[] = []
  const asked: DriverRequest[] = []
  let refused: Errno | undefined
  lab.task('test', ctx =>
    lab.withRtnl(ctx, (rtnl: RtnlHeld) => {
      const owner = net.alloc(ctx, {
        name: 'em0',
        type: IFT_ETHER,
        flags: IFF_BROADCAST | IFF_MULTICAST,
        lladdr: Uint8Array.of(2, 0, 0, 0, 0, 1),
        capabilities: IFCAP_RXCSUM | IFCAP_LRO | IFCAP_NETMAP,
        capenable: IFCAP_RXCSUM,
        methods: {
          ioctl(_ifp, request) {
            asked.push(request)
            return refused
          },
        },
        ...spec,
      })
      owner.attach(ctx, rtnl)
      for (const name of events) {
        net.events.on(name, event => void heard.push([name, ...details(event)].join(' ')))
      }
      using section = net.epoch.enter(ctx)
      const ifp = net.interfaces.byName(section, 'em0') as Ifnet
      const call = (name: keyof IfConfig, ...args: unknown[]): unknown =>
        (net.config[name] as (...all: unknown[]) => unknown)(ctx, rtnl, ifp, ...args)
      const refuse = (errno: Errno | undefined): void => {
        refused = errno
      }
      work({ net, ifp, heard, asked, call, refuse })
    }),
  )
  await lab.run(settle)
}

function details(event: object): unknown[] {
  return Object.entries(event)
    .filter(([key]) => !['ctx', 'section', 'ifp'].includes(key))
    .map(([, value]) => (typeof value === 'object' ? `${value.address ?? value.group ?? value}` : value))
}

describe('flags', () => {
  it('go up with the message first, down with the message last', () =>
    bench(
      ({ call, heard }) => {
        call('up')
        call('up')
        call('down')
        call('down')
        expect(heard).toEqual([`message ${IFF_UP}`, 'event up', 'event down', `message ${IFF_UP}`])
      },
      {},
      ['event', 'message'],
    ))

  it('that users cannot change keep their values, and a refusing driver does not matter', () =>
    bench(({ call, ifp, refuse, asked }) => {
      refuse('EBUSY')
      call('setFlags', IFF_UP | IFF_NOARP | IFF_DEBUG | IFF_PROMISC | IFF_ALLMULTI)
      expect(ifp.flags).toBe(IFF_BROADCAST | IFF_MULTICAST | IFF_UP | IFF_NOARP | IFF_DEBUG)
      expect(asked).toMatchObject([{ request: 'SIOCSIFFLAGS' }])
    }))

  it('PPROMISC takes PROMISC with it, unless somebody else asked for that', () =>
    bench(({ call, ifp }) => {
      call('setFlags', ifp.flags | IFF_PPROMISC)
      expect(ifp.flags & IFF_PROMISC).toBe(IFF_PROMISC)
      call('promisc', true)
      call('setFlags', ifp.flags & ~IFF_PPROMISC)
      expect(ifp.flags & IFF_PROMISC).toBe(IFF_PROMISC)
      call('promisc', false)
      expect(ifp.flags & IFF_PROMISC).toBe(0)
    }))

  it('that are counted change with the first and the last user, and not at all if the driver refuses (P-23)', () =>
    bench(
      ({ call, ifp, heard, refuse }) => {
        call('promisc', true)
        call('promisc', true)
        call('promisc', false)
        expect([ifp.flags & IFF_PROMISC, ifp.promiscCount]).toEqual([IFF_PROMISC, 1])
        refuse('EIO')
        expect(() => call('promisc', false)).toThrow('EIO')
        expect(() => call('allmulti', true)).toThrow('EIO')
        expect([ifp.flags & IFF_PROMISC, ifp.promiscCount, ifp.allmultiCount]).toEqual([IFF_PROMISC, 1, 0])
        refuse(undefined)
        call('promisc', false)
        call('allmulti', true)
        call('allmulti', false)
        expect(heard).toEqual([IFF_PROMISC, IFF_PROMISC, IFF_ALLMULTI, IFF_ALLMULTI].map(flag => `message ${flag}`))
        expect(() => call('promisc', false)).toThrow(InvariantError)
      },
      {},
      ['message'],
    ))
})

describe('MTU', () => {
  it.each([71, 65536, 1500.5, Number.NaN])('refuses %d', mtu =>
    bench(({ call }) => expect(() => call('setMtu', mtu)).toThrow('EINVAL')),
  )

  it('is announced each time, and to address families only if it is another one', () =>
    bench(
      ({ call, heard, ifp }) => {
        call('setMtu', 9000)
        call('setMtu', 9000)
        expect(ifp.mtu).toBe(9000)
        expect(heard).toEqual(['message 0', 'mtu 1500', 'message 0'])
      },
      {},
      ['message', 'mtu'],
    ))

  it('is the driver’s to refuse', () =>
    bench(
      ({ call, refuse, ifp, heard }) => {
        refuse('EINVAL')
        expect(() => call('setMtu', 9000)).toThrow(new NetlinkError('EINVAL', 'em0 refuses SIOCSIFMTU'))
        expect([ifp.mtu, heard]).toEqual([1500, []])
      },
      {},
      ['message', 'mtu'],
    ))

  it('cannot be set without a driver that takes requests', () =>
    bench(({ call }) => expect(() => call('setMtu', 9000)).toThrow('EOPNOTSUPP'), { methods: {} }))
})

describe('other settings', () => {
  it('link-level address: length and type are checked, the AF_LINK entry follows', () =>
    bench(
      ({ call, ifp, heard }) => {
        const lladdr = Uint8Array.of(2, 0, 0, 0, 0, 9)
        expect(() => call('setLinkAddress', Uint8Array.of(1))).toThrow('a link-layer address of em0 has 6 bytes')
        const before = ifp.addresses
        call('setLinkAddress', lladdr)
        lladdr[0] = 0xff // the interface has a copy
        expect(ifp.addresses[0]).toMatchObject({ family: 'link', lladdr: Uint8Array.of(2, 0, 0, 0, 0, 9) })
        expect(before[0]).toMatchObject({ lladdr: Uint8Array.of(2, 0, 0, 0, 0, 1) })
        expect(ifp.hwaddr).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 1))
        expect(heard).toHaveLength(1)
      },
      {},
      ['lladdr'],
    ))

  it('link-level address: ENODEV for a loopback', () =>
    bench(({ call }) => expect(() => call('setLinkAddress', new Uint8Array(0))).toThrow('ENODEV'), { type: IFT_LOOP }))

  it('capabilities: what is not supported is EINVAL, what users cannot change stays', () =>
    bench(({ call, ifp }) => {
      expect(() => call('setCapabilities', 0x40000)).toThrow('EINVAL: em0 lacks capabilities 0x40000')
      call('setCapabilities', IFCAP_LRO | IFCAP_NETMAP)
      expect(ifp.capenable).toBe(IFCAP_LRO)
    }))

  it('groups: names end in no digit', () =>
    bench(({ call, ifp }) => {
      expect(() => call('addGroup', 'lan0')).toThrow('EINVAL')
      expect(() => call('addGroup', '')).toThrow('EINVAL')
      expect(() => call('addGroup', 'sixteen-letters-')).toThrow('EINVAL')
      call('addGroup', 'lan')
      expect(() => call('addGroup', 'lan')).toThrow('EEXIST')
      expect(ifp.groups).toEqual(['all', 'lan'])
      call('deleteGroup', 'lan')
      expect(() => call('deleteGroup', 'lan')).toThrow('ENOENT')
    }))

  it('metric, FIB and description are silent', () =>
    bench(
      ({ call, ifp, heard }) => {
        call('setMetric', 7)
        call('setFib', 1)
        call('setDescription', 'uplink')
        expect([ifp.metric, ifp.fib, ifp.description, heard]).toEqual([7, 1, 'uplink', []])
        expect(() => call('setDescription', 'ü'.repeat(512))).toThrow('ENAMETOOLONG')
        call('setDescription', '')
        expect(ifp.description).toBeUndefined()
      },
      {},
      ['message', 'event'],
    ))

  it('rename: listeners see RENAMING, both names and one index (R-IF-9)', () =>
    bench(({ net, ifp, call }) => {
      const heard: unknown[] = []
      for (const name of ['departure', 'arrival'] as const) {
        net.events.on(name, event => {
          const { ifp: about, reason } = event
          heard.push([name, reason, about.name, about.index, (about.flags & IFF_RENAMING) !== 0])
        })
      }
      call('rename', 'wan')
      expect(heard).toEqual([
        ['departure', 'rename', 'em0', 1, true],
        ['arrival', 'rename', 'wan', 1, true],
      ])
      expect([ifp.name, ifp.flags & IFF_RENAMING]).toEqual(['wan', 0])
      expect(ifp.addresses[0]).toMatchObject({ name: 'wan' })
    }))
})

describe('addresses', () => {
  it.each([
    [24, '192.0.2.255'],
    [30, '192.0.2.11'],
    [31, '255.255.255.255'],
    [32, '192.0.2.9'],
    [0, '255.255.255.255'],
  ])('of /%i have the broadcast address %s unless another one is given', (prefixlen, broadcast) =>
    bench(
      ({ call, ifp }) => {
        call('addAddress', { address: ip('192.0.2.9'), prefixlen })
        const added = ifp.addresses.find(({ family }) => family === 'inet')
        expect(added?.family === 'inet' && added.broadcast?.equals(ip(broadcast))).toBe(true)
      },
      { flags: IFF_BROADCAST | IFF_MULTICAST },
    ),
  )

  it('get the usual broadcast address, and the all-hosts group with the first IPv4 one', () =>
    bench(
      ({ call, heard, ifp }) => {
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24 })
        call('addAddress', { address: ip('192.0.2.9'), prefixlen: 31 })
        call('addAddress', { address: ip('2001:db8::1'), prefixlen: 64 })
        const broadcasts = ifp.addresses.map(entry => (entry.family === 'link' ? '' : `${entry.broadcast}`))
        expect(broadcasts).toEqual(['', '192.0.2.255', '255.255.255.255', 'undefined'])
        call('removeAddress', ip('192.0.2.1'))
        call('removeAddress', ip('192.0.2.9'))
        expect(heard).toEqual([
          'address add 192.0.2.1',
          'multicast join 224.0.0.1',
          'address add 192.0.2.9',
          'address add 2001:db8::1',
          'address delete 192.0.2.1',
          'address delete 192.0.2.9',
          'multicast leave 224.0.0.1',
        ])
        expect(() => call('removeAddress', ip('192.0.2.9'))).toThrow('EADDRNOTAVAIL')
      },
      {},
      ['address', 'multicast'],
    ))

  it('are replaced: changed in place, or removed and added with another prefix', () =>
    bench(
      ({ call, heard }) => {
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24 })
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24, validUntil: 1000 })
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 25 })
        expect(heard).toEqual(['add', 'change', 'delete', 'add'].map(action => `address ${action} 192.0.2.1`))
      },
      {},
      ['address'],
    ))

  it('are one version for a reader, whatever changes meanwhile (R-IF-46)', () =>
    bench(({ call, ifp }) => {
      const before = ifp.addresses
      call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24 })
      expect(before).toHaveLength(1)
      expect(ifp.addresses).toHaveLength(2)
    }))

  it.each([
    ['a prefix that is too long', { address: ip('192.0.2.1'), prefixlen: 33 }, 'EINVAL'],
    ['a negative prefix', { address: ip('192.0.2.1'), prefixlen: -1 }, 'EINVAL'],
    ['a broadcast of another family', { address: ip('192.0.2.1'), prefixlen: 24, broadcast: ip('::1') }, 'EINVAL'],
  ])('refuse %s', (_what, spec, errno) => bench(({ call }) => expect(() => call('addAddress', spec)).toThrow(errno)))

  it('of a point-to-point interface need the other end', () =>
    bench(
      ({ call, ifp }) => {
        expect(() => call('addAddress', { address: ip('192.0.2.1'), prefixlen: 32 })).toThrow('EDESTADDRREQ')
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 32, destination: ip('192.0.2.2') })
        expect(ifp.addresses[1]).toMatchObject({ destination: ip('192.0.2.2') })
      },
      { flags: IFF_POINTOPOINT },
    ))

  it('can be vetoed: the first refusal wins, nothing has changed, nobody was told (R-NC-3)', () =>
    bench(
      ({ net, call, ifp, heard }) => {
        const asked: string[] = []
        net.onAddress('inet', () => void asked.push('low'), -1)
        const remove = net.onAddress('inet', ({ address, ifp: about }) => {
          asked.push(`${about.name} ${about.addresses.length}`)
          throw new NetlinkError('EADDRINUSE', `${address.address} is taken`)
        })
        net.onAddress('inet6', () => void asked.push('inet6'))
        const add = () => call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24 })
        expect(add).toThrow('EADDRINUSE: 192.0.2.1 is taken')
        expect([asked, heard, ifp.addresses.length]).toEqual([['em0 1'], [], 1])
        remove()
        add()
        expect(asked).toEqual(['em0 1', 'low'])
      },
      {},
      ['address'],
    ))

  it('are refused by a driver before anything has changed', () =>
    bench(
      ({ call, refuse, heard, ifp }) => {
        call('addAddress', { address: ip('192.0.2.1'), prefixlen: 24 })
        heard.length = 0
        refuse('ENOMEM')
        expect(() => call('addAddress', { address: ip('192.0.2.1'), prefixlen: 25 })).toThrow('ENOMEM')
        expect([heard, ifp.addresses.length]).toEqual([[], 2])
      },
      {},
      ['address'],
    ))
})

describe('multicast memberships of users', () => {
  const group = Uint8Array.of(1, 0, 0x5e, 0, 0, 1)

  it('are added once and removed once', () =>
    bench(({ call, ifp }) => {
      call('addMulti', group)
      expect(() => call('addMulti', group)).toThrow('EADDRINUSE')
      expect(ifp.multicast).toEqual([{ group, count: 1 }])
      call('deleteMulti', group)
      expect(() => call('deleteMulti', group)).toThrow('ENOENT')
      expect(() => call('addMulti', ip('224.0.0.1'))).toThrow('EINVAL')
    }))

  it('need a multicast interface', () =>
    bench(({ call }) => expect(() => call('addMulti', group)).toThrow('EOPNOTSUPP'), { flags: 0 }))

  it('of the stack are counted, newest first', () =>
    bench(({ call, ifp }) => {
      for (const address of ['224.0.0.5', '224.0.0.6', '224.0.0.5']) call('joinMulticast', ip(address))
      expect(ifp.multicast.map(({ group: joined, count }) => `${joined} ${count}`)).toEqual([
        '224.0.0.6 1',
        '224.0.0.5 2',
      ])
      call('leaveMulticast', ip('224.0.0.5'))
      call('leaveMulticast', ip('224.0.0.5'))
      expect(() => call('leaveMulticast', ip('224.0.0.5'))).toThrow('ENOENT')
    }))
})
