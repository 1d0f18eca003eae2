import type { Address, Link, Route } from '@nltool/nl-route'

/** An interface with ordinary values, for tests of what is printed. */
export function someLink(more: Partial<Link>): Link {
  return {
    ifindex: 1,
    ifname: 'em0',
    flags: 0x8843,
    up: true,
    type: 6,
    mtu: 1500,
    operstate: 'up',
    carrier: true,
    address: undefined,
    broadcast: undefined,
    ifalias: undefined,
    kind: undefined,
    link: undefined,
    master: undefined,
    promiscuity: undefined,
    groups: undefined,
    capabilities: undefined,
    stats: {} as Link['stats'],
    fib: undefined,
    metric: undefined,
    ...more,
  }
}

/** An address with ordinary values. */
export function someAddress(more: Partial<Address>): Address {
  return {
    family: 'inet',
    ifindex: 1,
    ifname: undefined,
    address: '192.0.2.1',
    prefixlen: 24,
    peer: undefined,
    broadcast: undefined,
    scope: 0,
    flags: 0,
    flags6: undefined,
    vhid: undefined,
    preferredSeconds: undefined,
    validSeconds: undefined,
    ...more,
  }
}

/** A route with ordinary values. */
export function someRoute(more: Partial<Route>): Route {
  return {
    family: 'inet',
    dst: '0.0.0.0/0',
    prefixlen: 0,
    table: 0,
    type: 'unicast',
    protocol: 4,
    scope: 0,
    gateway: undefined,
    ifindex: 1,
    nexthops: undefined,
    rtflags: undefined,
    mtu: undefined,
    weight: 1,
    priority: undefined,
    prefsrc: undefined,
    nhid: undefined,
    knhid: undefined,
    expires: undefined,
    ...more,
  }
}
