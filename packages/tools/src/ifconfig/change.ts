import { NltoolError } from '@nltool/nl-core/errno'
import type { AddressAdd, Link, LinkChange, RouteClient } from '@nltool/nl-route'
import { Failure } from '../failure.ts'
import { detailOf, refusal } from '../sentence.ts'
import { noInterface } from './show.ts'
import type { AddressWords, IfconfigCommand, LinkWords } from './types.ts'

/** What a change did: JSON of `ifconfig IF …`. */
export interface InterfaceChanged {
  /** The interface's name afterwards. */
  readonly ifname: string
  readonly action: 'create' | 'destroy' | 'set'
}

/** Text and JSON of a change; the text is empty unless the name is news. */
export interface ChangeReport {
  readonly text: string
  readonly json: InterfaceChanged
}

/**
 * Applies the words in ifconfig(8)'s order: creation, properties, addresses, a new name, a move. `vnetId` finds network
 * stacks by name. @throws Failure
 */
export async function changeInterface(
  route: RouteClient,
  command: IfconfigCommand,
  given: string,
  vnetId: (name: string) => number,
): Promise<ChangeReport> {
  const ifname = command.create ? await create(route, command, given) : given
  if (command.destroy) {
    await ask('SIOCIFDESTROY', ifname, () => route.link.delete({ ifname }))
    return { text: '', json: { ifname, action: 'destroy' } }
  }
  const { rename, vnet, ...properties } = command.link
  if (Object.keys(properties).length > 0) await setProperties(route, ifname, properties)
  for (const address of command.addresses) await setAddress(route, ifname, address)
  if (rename !== undefined) await ask('ioctl SIOCSIFNAME (set name)', ifname, () => route.link.set({ ifname, rename }))
  const name = rename ?? ifname
  if (vnet !== undefined) await ask('SIOCSIFVNET', name, () => route.link.set({ ifname: name, vnet: vnetId(vnet) }))
  return { text: name === given ? '' : name, json: { ifname: name, action: command.create ? 'create' : 'set' } }
}

/** Makes the interface; its cloner is the name without the unit. */
async function create(route: RouteClient, { vlan }: IfconfigCommand, given: string): Promise<string> {
  const kind = given.replace(/\d+[ab]?$/, '')
  if (vlan.dev !== undefined) await findLink(route, vlan.dev)
  const vlanWords = vlan.id === undefined && vlan.dev === undefined ? {} : { vlanId: vlan.id, link: vlan.dev }
  try {
    const { ifname } = await route.link.create({ kind, name: given, ...vlanWords })
    return ifname
  } catch (error) {
    if (error instanceof NltoolError && error.code === 'EEXIST') {
      throw new Failure(`interface ${given} already exists`, { detail: detailOf(error), cause: error })
    }
    throw refusal('SIOCIFCREATE2', error)
  }
}

/** Properties by the ioctl that sets them on FreeBSD: its error texts name it. */
const ioctlOf: readonly (readonly [name: keyof LinkWords, ioctl: string])[] = [
  ['mtu', 'ioctl SIOCSIFMTU (set mtu)'],
  ['ifalias', 'ioctl (set descr)'],
  ['metric', 'ioctl SIOCSIFMETRIC (set metric)'],
  ['fib', 'ioctl (SIOCSIFFIB)'],
  ['address', 'ioctl (SIOCSIFLLADDR)'],
  ['join', 'setifgroup: SIOCAIFGROUP'],
  ['leave', 'unsetifgroup: SIOCDIFGROUP'],
]

async function setProperties(route: RouteClient, ifname: string, words: LinkWords): Promise<void> {
  const what = ioctlOf.find(([name]) => words[name] !== undefined)?.[1] ?? 'ioctl (SIOCSIFFLAGS)'
  const { up, mtu, metric, fib, ifalias, address, promisc, join, leave, setFlags = 0, clearFlags = 0 } = words
  const change: LinkChange = { ifname, up, mtu, metric, fib, ifalias, address, promisc }
  const groups = join === undefined && leave === undefined ? {} : { groups: { join: join ?? [], leave: leave ?? [] } }
  const flags = setFlags === 0 && clearFlags === 0 ? {} : { flags: { set: setFlags, clear: clearFlags } }
  await ask(what, ifname, () => route.link.set({ ...change, ...groups, ...flags }))
}

async function setAddress(route: RouteClient, ifname: string, words: AddressWords): Promise<void> {
  const { family, mode, address, prefixlen, peer, broadcast, vhid, preferredSeconds, validSeconds, flags6 } = words
  const length = prefixlen ?? (family === 'inet' ? 32 : 64)
  if (mode === 'delete') {
    const full = prefixlen === undefined ? address : `${address}/${prefixlen}`
    return ask('ioctl (SIOCDIFADDR)', ifname, () => route.addr.delete({ ifname, address: full }))
  }
  if (mode === 'set' && family === 'inet') await removeFirst(route, ifname)
  const request: AddressAdd = {
    ifname,
    address: `${address}/${length}`,
    peer,
    broadcast,
    vhid,
    preferredSeconds,
    validSeconds,
    ...(flags6 !== 0 && { flags6 }),
  }
  return ask('ioctl (SIOCAIFADDR)', ifname, () => route.addr.add(request))
}

async function findLink(route: RouteClient, ifname: string): Promise<Link> {
  const link = (await route.link.list()).find(each => each.ifname === ifname)
  if (link === undefined) throw noInterface(ifname)
  return link
}

/** Without `alias`, an IPv4 address takes the place of the interface's first one. */
async function removeFirst(route: RouteClient, ifname: string): Promise<void> {
  const { ifindex } = await findLink(route, ifname)
  const addresses = await route.addr.list({ family: 'inet' })
  const first = addresses.find(address => address.ifindex === ifindex)
  if (first === undefined) return
  await ask('ioctl (SIOCDIFADDR)', ifname, () =>
    route.addr.delete({ ifname, address: `${first.address}/${first.prefixlen}` }),
  )
}

/** Runs a request; that the interface is unknown is said in ifconfig(8)'s words, anything else after `what`. */
async function ask<T>(what: string, ifname: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof NltoolError && (error.code === 'ENOENT' || error.code === 'ENODEV')) throw noInterface(ifname)
    throw refusal(what, error)
  }
}
