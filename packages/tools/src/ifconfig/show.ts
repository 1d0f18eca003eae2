import type { Address, Link, RouteClient } from '@nltool/nl-route'
import { IFF } from '@nltool/nl-route'
import type { Release } from '../argv.ts'
import { Failure } from '../failure.ts'
import type { Shown } from '../shown.ts'
import { matches } from './fnmatch.ts'
import { formatInterface } from './text.ts'
import type { IfconfigCommand, ShownFamily } from './types.ts'

/** An interface with its addresses: JSON of `ifconfig`. */
export interface InterfaceShown extends Link {
  readonly addresses: readonly Address[]
}

/** Shows interfaces as the options say. @throws Failure for an interface that is not there */
export async function showInterfaces(
  route: RouteClient,
  command: IfconfigCommand,
  release: Release,
): Promise<Shown<InterfaceShown[]>> {
  const { ifname, family, options } = command
  const present = await route.link.list()
  const names = new Map(present.map(link => [link.ifindex, link.ifname]))
  const links = present.filter(link => wanted(link, command))
  if (ifname !== undefined && links.length === 0) throw noInterface(ifname)
  const addresses = await route.addr.list()
  const all = links.map(link => ({ ...link, addresses: addresses.filter(({ ifindex }) => ifindex === link.ifindex) }))
  const shown = options.list && family !== undefined ? all.filter(each => hasFamily(each, family)) : all
  const text = options.list
    ? `${shown.map(link => link.ifname).join(' ')}\n`
    : shown.map(link => formatInterface(link, link.addresses, { ...options, family, release, names })).join('')
  return { text, json: shown }
}

/** `ifconfig: interface NAME does not exist`. */
export function noInterface(ifname: string): Failure {
  return new Failure(`interface ${ifname} does not exist`)
}

function wanted(link: Link, { ifname, options }: IfconfigCommand): boolean {
  const { up, down, group, notGroup } = options
  const isUp = (link.flags & IFF.IFF_UP) !== 0
  if (ifname !== undefined) return link.ifname === ifname
  if ((up && !isUp) || (down && isUp)) return false
  if (group !== undefined && !link.groups?.some(name => matches(name, group))) return false
  return notGroup === undefined || !link.groups?.some(name => matches(name, notGroup))
}

function hasFamily({ address, addresses }: InterfaceShown, family: ShownFamily): boolean {
  return family === 'ether' ? address !== undefined : addresses.some(each => each.family === family)
}
