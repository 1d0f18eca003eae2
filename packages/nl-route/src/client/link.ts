import type { Connection, WaitOptions } from '@nltool/nl-core'
import { KernelError, SocketError } from '@nltool/nl-core/errno'
import { IFF } from '../link/constants.ts'
import { vlanBody } from '../link/linkinfo.ts'
import type { Ifinfomsg, LinkAttrs, LinkBody } from '../link/schema.ts'
import { toLink } from './objects.ts'
import { operations } from './operations.ts'
import { lladdrOf, numberIn, refuse, textIn } from './text.ts'
import type { Link, LinkChange, LinkClient, LinkCreate, LinkCreated, LinkFilter, LinkRef, OnLink } from './types.ts'

const emptyHeader: Ifinfomsg = { family: 0, type: 0, ifindex: 0, flags: 0, change: 0 }

/** What links are to the other parts of the client. */
export interface Links extends LinkClient {
  /** The index of an interface; asks the kernel for a name's. @throws SocketError ENODEV `interface … does not exist` */
  resolve(link: LinkRef, options?: WaitOptions): Promise<number>
  /** As `resolve` for the interface of a request; 0 if it names none. */
  resolveOn(on: OnLink, zone?: string, options?: WaitOptions): Promise<number>
}

/** The client for interfaces. */
export function createLinks(connection: Connection): Links {
  const { abi } = connection

  async function fetch(link: LinkRef, options?: WaitOptions): Promise<LinkBody> {
    try {
      return await connection.requestReply(operations.getLink, selector(link), options)
    } catch (error) {
      if (error instanceof KernelError && error.code === 'ENODEV') throw absent(link, error)
      throw error
    }
  }

  async function resolve(link: LinkRef, options?: WaitOptions): Promise<number> {
    const index = indexOf(link)
    return index ?? (await fetch(link, options)).header.ifindex
  }

  async function create(link: LinkCreate, options?: WaitOptions): Promise<LinkCreated> {
    const kind = textIn(link, 'kind', 'epair')
    const ifname = link.name ?? kind
    const parent = link.link === undefined ? undefined : await resolve(link.link, options)
    const replies = await connection.requestReplies(operations.newLink, creation(link, ifname, parent), options)
    // The kernel's own copy of the announcement tells the name; a kernel that sends none has kept ours.
    const made = replies[0] ?? (await fetch(ifname, options))
    return { ifname: made.attrs.ifname ?? ifname, ifindex: made.header.ifindex }
  }

  async function set(change: LinkChange, options?: WaitOptions): Promise<void> {
    if (abi === 'linux') refuseProjectAttributes(change)
    const byIndex = change.ifindex !== undefined || change.rename !== undefined
    const index = byIndex ? await resolve(refOf(change), options) : undefined
    try {
      await connection.request(operations.setLink, modification(change, index), options)
    } catch (error) {
      throw error instanceof KernelError && isAbsence(error) ? absent(refOf(change), error) : error
    }
  }

  function dump(filter: LinkFilter = {}, options?: WaitOptions) {
    const { ifname, ifindex } = filter
    const request = { header: { ...emptyHeader, ifindex: ifindex ?? 0 }, attrs: { ifname } }
    // A kernel that does not filter sends more than was asked for.
    const wanted = (link: Link): boolean =>
      (ifname === undefined || link.ifname === ifname) && (ifindex === undefined || link.ifindex === ifindex)
    return connection.dump(operations.getLink, request, options).map(found => {
      const link = toLink(found)
      return wanted(link) ? link : undefined
    })
  }

  return {
    resolve,
    async resolveOn({ ifname, ifindex }, zone, options) {
      if (ifindex !== undefined) return numberIn(ifindex, 1, 0x7fffffff, 'ifindex')
      const name = ifname ?? zone
      return name === undefined ? 0 : await resolve(name, options)
    },
    create,
    set,
    async delete(link, options) {
      const ifindex = await resolve(link, options)
      try {
        await connection.request(operations.delLink, { header: { ...emptyHeader, ifindex }, attrs: {} }, options)
      } catch (error) {
        // A kernel has no other reason for ENOENT here, and FreeBSD's gives no text.
        const isGone = error instanceof KernelError && (error.code === 'ENOENT' || error.code === 'ENODEV')
        throw isGone ? absent(link, error) : error
      }
    },
    get: async (link, options) => toLink(await fetch(link, options)),
    dump,
    list: async (filter, options) => dump(filter, options).collect({ signal: options?.signal }),
  }
}

function refOf({ ifname, ifindex }: OnLink): LinkRef {
  if (ifindex !== undefined) return ifindex
  return ifname ?? refuse('say which interface: ifname or ifindex')
}

function indexOf(link: LinkRef): number | undefined {
  if (typeof link === 'string') return undefined
  const index = typeof link === 'number' ? link : 'ifindex' in link ? link.ifindex : undefined
  return index === undefined ? undefined : numberIn(index, 1, 0x7fffffff, 'ifindex')
}

function nameOf(link: LinkRef): string | undefined {
  if (typeof link === 'string') return checkName(link)
  return typeof link === 'object' && 'ifname' in link ? checkName(link.ifname) : undefined
}

function checkName(name: string): string {
  if (name !== '' && new TextEncoder().encode(name).length <= 15 && !name.includes('\0')) return name
  return refuse(`interface name '${name}' does not have 1 to 15 bytes`)
}

function selector(link: LinkRef): LinkBody {
  const ifindex = indexOf(link)
  const ifname = ifindex === undefined ? nameOf(link) : undefined
  if (ifindex === undefined && ifname === undefined) refuse('say which interface: a name or an index')
  return { header: { ...emptyHeader, ifindex: ifindex ?? 0 }, attrs: { ifname } }
}

function isAbsence(error: KernelError): boolean {
  return (
    error.code === 'ENODEV' || (error.code === 'ENOENT' && error.text?.startsWith('unable to find interface') === true)
  )
}

function absent(link: LinkRef, cause: KernelError): SocketError {
  const what = nameOf(link) ?? `with index ${indexOf(link)}`
  return new SocketError('ENODEV', `interface ${what} does not exist`, { cause })
}

function creation(link: LinkCreate, name: string, parent: number | undefined): LinkBody {
  const data =
    link.vlanId === undefined
      ? undefined
      : vlanBody.encode({ header: {}, attrs: { id: vlanId(link.vlanId) } }, 'freebsd')
  const up = link.up === true ? IFF.IFF_UP : 0
  return {
    header: { ...emptyHeader, ifindex: parent ?? 0, flags: up, change: up },
    attrs: {
      ifname: checkName(name),
      linkinfo: { kind: link.kind, data },
      link: parent,
      mtu: mtuOf(link.mtu),
      ifalias: link.ifalias,
    },
  }
}

function vlanId(id: number): number {
  return numberIn(id, 1, 4094, 'VLAN id')
}

function mtuOf(mtu: number | undefined): number | undefined {
  return mtu === undefined ? undefined : numberIn(mtu, 0, 0xffffffff, 'mtu')
}

function modification(change: LinkChange, index: number | undefined): LinkBody {
  const flags = wantedFlags(change)
  const ifname = change.rename === undefined ? (index === undefined ? change.ifname : undefined) : change.rename
  if (index === undefined && ifname === undefined) refuse('say which interface: ifname or ifindex')
  return {
    header: { ...emptyHeader, ifindex: index ?? 0, flags: flags.set, change: flags.set | flags.clear },
    attrs: {
      ifname: ifname === undefined ? undefined : checkName(ifname),
      mtu: mtuOf(change.mtu),
      ifalias: change.ifalias,
      address: change.address === undefined ? undefined : lladdrOf(change.address),
      nltool: projectAttributes(change),
    },
  }
}

function wantedFlags(change: LinkChange): { readonly set: number; readonly clear: number } {
  let { set, clear } = change.flags ?? { set: 0, clear: 0 }
  if (change.up === true) set |= IFF.IFF_UP
  if (change.up === false) clear |= IFF.IFF_UP
  if (change.promisc === true) set |= IFF.IFF_PROMISC
  if (change.promisc === false) clear |= IFF.IFF_PROMISC
  if ((set & clear) !== 0) refuse('a flag cannot be set and cleared at once')
  return { set: set >>> 0, clear: clear >>> 0 }
}

function projectAttributes({ vnet, groups, metric, fib }: LinkChange): LinkAttrs['nltool'] {
  if (vnet === undefined && groups === undefined && metric === undefined && fib === undefined) return undefined
  return { vnet, metric, fib, groupJoin: groups?.join, groupLeave: groups?.leave }
}

function refuseProjectAttributes(change: LinkChange): void {
  if (projectAttributes(change) === undefined) return
  throw new SocketError('EOPNOTSUPP', 'vnet, groups, metric and fib can be set through a FreeBSD-ABI socket only')
}
