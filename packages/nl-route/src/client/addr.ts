import type { Connection } from '@nltool/nl-core'
import { KernelError, SocketError } from '@nltool/nl-core/errno'
import { INFINITE_LIFETIME } from '../addr/constants.ts'
import type { AddrBody, Ifaddrmsg } from '../addr/schema.ts'
import type { Links } from './link.ts'
import { familyNumber, toAddress } from './objects.ts'
import { operations } from './operations.ts'
import { addressOf, type PrefixText, prefixOf, refuse, textIn } from './text.ts'
import type { Address, AddressAdd, AddressClient, AddressFilter, OnLink } from './types.ts'

const emptyHeader: Ifaddrmsg = { family: 0, prefixlen: 0, flags: 0, scope: 0, ifindex: 0 }

/** The client for addresses. */
export function createAddresses(connection: Connection, links: Links): AddressClient {
  async function ifindexOf(on: OnLink, prefix: PrefixText): Promise<number> {
    const ifindex = await links.resolveOn(on, prefix.zone)
    return ifindex === 0 ? refuse(`say on which interface ${prefix.address} is: ifname or ifindex`) : ifindex
  }

  function dump(filter: AddressFilter = {}, options?: Parameters<AddressClient['dump']>[1]) {
    const { ifindex, ifname, family } = filter
    const header = { ...emptyHeader, family: familyNumber(family), ifindex: ifindex ?? 0 }
    const wanted = (address: Address): boolean =>
      (ifindex === undefined || address.ifindex === ifindex) &&
      (ifname === undefined || address.ifname === ifname) &&
      (family === undefined || address.family === family)
    return connection.dump(operations.getAddr, { header, attrs: {} }, options).map(found => {
      const address = toAddress(found)
      return address !== undefined && wanted(address) ? address : undefined
    })
  }

  return {
    async add(address, options) {
      const prefix = prefixOf(textIn(address, 'address', '192.0.2.1/24'), 'address')
      const ifindex = await ifindexOf(address, prefix)
      await connection.request(operations.newAddr, addition(address, prefix, ifindex), options)
    },
    async delete(address, options) {
      const prefix = prefixOf(textIn(address, 'address', '192.0.2.1/24'), 'address')
      const ifindex = await ifindexOf(address, prefix)
      try {
        await connection.request(operations.delAddr, deletion(prefix, ifindex), options)
      } catch (error) {
        if (!(error instanceof KernelError && error.code === 'EADDRNOTAVAIL')) throw error
        const where = address.ifname ?? `interface ${ifindex}`
        throw new SocketError('EADDRNOTAVAIL', `${prefix.address} is not an address of ${where}`, { cause: error })
      }
    },
    dump,
    list: async (filter, options) => dump(filter, options).collect({ signal: options?.signal }),
  }
}

function addition(request: AddressAdd, { address, prefixlen }: PrefixText, ifindex: number): AddrBody {
  const { peer, broadcast, preferredSeconds, validSeconds, flags, flags6, vhid } = request
  const other = peer === undefined ? undefined : addressOf(peer, 'peer').address
  if (other !== undefined && other.size !== address.size)
    refuse(`peer ${other} and ${address} are of different families`)
  const timed = preferredSeconds !== undefined || validSeconds !== undefined
  const valid = validSeconds ?? INFINITE_LIFETIME
  return {
    header: { ...emptyHeader, family: familyNumber(address.family), prefixlen, ifindex },
    attrs: {
      address: other ?? address,
      local: address.size === 4 || other !== undefined ? address : undefined,
      broadcast: broadcast === undefined ? undefined : addressOf(broadcast, 'broadcast').address,
      flags,
      cacheinfo: timed ? { prefered: preferredSeconds ?? valid, valid, cstamp: 0, tstamp: 0 } : undefined,
      freebsd: flags6 === undefined && vhid === undefined ? undefined : { flags: flags6, vhid },
    },
  }
}

function deletion({ address, prefixlen }: PrefixText, ifindex: number): AddrBody {
  const local = address.size === 4 ? address : undefined
  return {
    header: { ...emptyHeader, family: familyNumber(address.family), prefixlen, ifindex },
    attrs: { address: local === undefined ? address : undefined, local },
  }
}
