import { describe, expect, it } from 'vitest'
import { formatTables, type RouteRow } from './table.ts'

function row(
  family: 'inet' | 'inet6',
  destination: string,
  gateway: string,
  flags: string,
  netif: string,
  more: Partial<RouteRow> = {},
): RouteRow {
  return { family, destination, gateway, flags, netif, nhop: 0, mtu: undefined, expire: 0, ...more }
}

const rows = [
  row('inet', 'default', '10.0.2.2', 'UGS', 'em0', { nhop: 4, mtu: 1500 }),
  row('inet', '10.0.2.0/24', 'link#1', 'U', 'em0'),
  row('inet', '10.0.2.15', 'link#1', 'UHS', 'lo0'),
  row('inet', '127.0.0.1', 'link#2', 'UH', 'lo0', { nhop: 2, mtu: 16384 }),
  row('inet6', '::/96', 'link#2', 'URS', 'lo0'),
  row('inet6', 'default', 'fe80::2%em0', 'UGS', 'em0'),
  row('inet6', '::1', 'link#2', 'UHS', 'lo0'),
  row('inet6', 'fe80::%em0/64', 'link#1', 'U', 'em0'),
]

describe('formatTables', () => {
  it('prints both families as netstat -rn does', () => {
    expect(formatTables(rows, { numeric: true, wide: false, fib: 0 })).toBe(`Routing tables

Internet:
Destination        Gateway            Flags     Netif Expire
default            10.0.2.2           UGS         em0
10.0.2.0/24        link#1             U           em0
10.0.2.15          link#1             UHS         lo0
127.0.0.1          link#2             UH          lo0

Internet6:
Destination                       Gateway                       Flags     Netif Expire
::/96                             link#2                        URS         lo0
default                           fe80::2%em0                   UGS         em0
::1                               link#2                        UHS         lo0
fe80::%em0/64                     link#1                        U           em0
`)
  })

  it('adds nexthops and MTUs under -W', () => {
    const [first, , , last] = rows
    if (first === undefined || last === undefined) throw new Error('rows are missing')
    expect(formatTables([first, last], { numeric: true, wide: true, fib: 0 })).toBe(`Routing tables

Internet:
Destination        Gateway            Flags   Nhop#    Mtu      Netif Expire
default            10.0.2.2           UGS         4   1500        em0
127.0.0.1          link#2             UH          2  16384        lo0
`)
  })

  it('names the table in the title unless it is the first', () => {
    expect(formatTables([], { numeric: true, wide: false, fib: 3 })).toBe('Routing tables (fib: 3)\n')
  })

  it('lets a long value take its excess from the columns behind it', () => {
    const long = row('inet', '203.0.113.128/25', '2001:db8:0:1::abcd', 'UGS', 'epair0a')
    const longer = row('inet', 'default', '2001:db8:0:1:2:3:4:5', 'UGS', 'em0')
    const text = formatTables([long, longer], { numeric: true, wide: false, fib: 0 })
    expect(text.split('\n').slice(4, 6)).toEqual([
      '203.0.113.128/25   2001:db8:0:1::abcd UGS     epair0a',
      'default            2001:db8:0:1:2:3:4:5 UGS       em0',
    ])
  })

  it('cuts a long value without -n and -W', () => {
    const long = row('inet6', '2001:db8:0:1:2:3:4:0/112', 'fe80::2%em0', 'UGS', 'em0')
    const text = formatTables([long], { numeric: false, wide: false, fib: 0 })
    expect(text.split('\n')[4]).toBe('2001:db8:0:1:2:3:4 fe80::2%em0        UGS         em0')
  })

  it('prints what is left of a life only if it ends', () => {
    const text = formatTables([row('inet', '192.0.2.7', '192.0.2.1', 'UGHS', 'em0', { expire: 90 })], {
      numeric: true,
      wide: false,
      fib: 0,
    })
    expect(text.split('\n')[4]).toBe('192.0.2.7          192.0.2.1          UGHS        em0     90')
  })
})
