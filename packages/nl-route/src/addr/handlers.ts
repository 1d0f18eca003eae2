import type { Ifnet, Section } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type Dump, type Handlers, handler, type Request } from '@nltool/nl-core/kernel'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import { addrTypes } from '../messages.ts'
import { inetAddresses } from '../net/address-routes.ts'
import { addAddress } from '../net/addresses.ts'
import { echo } from '../net/echo.ts'
import { checkFamily, dumpedFamily } from '../net/family.ts'
import type { RouteNet } from '../net/net.ts'
import { AF_INET, AF_INET6 } from '../route/constants.ts'
import { deletedAddress, nothingToDo, specOf } from './request.ts'
import { type AddrBody, addrBody } from './schema.ts'
import { toAddrBody } from './to-body.ts'

/** RTM_*ADDR: one row per message type. */
export const addrHandlers = (net: RouteNet) =>
  ({
    RTM_NEWADDR: handler({
      body: addrBody,
      priv: 'net-addifaddr',
      lock: 'rtnl',
      do: (req, ctx, rtnl) => newAddr(net, req, ctx, rtnl),
    }),
    RTM_DELADDR: handler({
      body: addrBody,
      priv: 'net-delifaddr',
      lock: 'rtnl',
      do: (req, ctx, rtnl) => delAddr(net, req, ctx, rtnl),
    }),
    RTM_GETADDR: handler({
      body: addrBody,
      jail: true,
      shortHeader: true,
      isDump: () => true,
      dump: (req, ctx) => dumpAddrs(net, req, ctx),
    }),
  }) satisfies Handlers<typeof addrTypes>

function newAddr(net: RouteNet, req: Request<AddrBody>, ctx: Ctx, rtnl: RtnlHeld): void {
  using section = net.epoch.enter(ctx)
  const ifp = interfaceOf(net, section, req.body)
  checkFamilies(req.body)
  const spec = specOf(net, ifp, req.body)
  if (nothingToDo(ifp, spec, req.body)) return
  const added = addAddress(net, ctx, rtnl, ifp, spec)
  if (added.validUntil !== undefined) net.expiry.arm(added.validUntil)
  echo(net, ctx, addrTypes.RTM_NEWADDR, addrBody, () => toAddrBody(ifp, added, net.clock))
}

function delAddr(net: RouteNet, req: Request<AddrBody>, ctx: Ctx, rtnl: RtnlHeld): void {
  using section = net.epoch.enter(ctx)
  const ifp = interfaceOf(net, section, req.body)
  checkFamilies(req.body)
  const removed = net.net.config.removeAddress(ctx, rtnl, ifp, deletedAddress(ifp, req.body))
  echo(net, ctx, addrTypes.RTM_DELADDR, addrBody, () => toAddrBody(ifp, removed, net.clock))
}

function interfaceOf(net: RouteNet, section: Section, { header }: AddrBody): Ifnet {
  const ifp = net.interfaces.byIndexAttached(section, header.ifindex)
  if (ifp !== undefined) return ifp
  throw new NetlinkError('ENOENT', `Unable to find interface with index ${header.ifindex}`)
}

/** The attributes of which the family is checked, FreeBSD iface.c. */
const addressAttrs = [
  ['address', 'IFA_ADDRESS'],
  ['local', 'IFA_LOCAL'],
  ['broadcast', 'IFA_BROADADDR'],
] as const

function checkFamilies({ header, attrs }: AddrBody): void {
  const { family } = header
  checkFamily(family)
  for (const [property, name] of addressAttrs) {
    const address = attrs[property]
    if (address === undefined) continue
    const own = address.size === 4 ? AF_INET : AF_INET6
    if (own === family) continue
    const attr = property === 'broadcast' ? 'IFA_BROADCAST' : name
    throw new NetlinkError('EINVAL', `wrong family for ${name} attribute: ${own} != ${family}`, { attr })
  }
}

function dumpAddrs(net: RouteNet, { body }: Request<AddrBody>, ctx: Ctx): Dump<AddrBody> {
  const { ifindex } = body.header
  const family = dumpedFamily(body.header.family)
  return {
    bodies: ifindex === 0 ? bodiesOf(net, ctx, family) : bodiesOn(net, ctx, family, ifindex),
    generation: () => net.addressGeneration(),
    filtered: ifindex !== 0,
    failsAsDone: true,
  }
}

/** Of one interface. @throws NetlinkError ENOENT if there is none */
function* bodiesOn(net: RouteNet, ctx: Ctx, family: number, ifindex: number): Iterable<AddrBody> {
  const found = addressesOn(net, ctx, ifindex, family)
  if (found === undefined) throw new NetlinkError('ENOENT')
  yield* found
}

/** By interface index, then in order of addition. */
function* bodiesOf(net: RouteNet, ctx: Ctx, family: number): Iterable<AddrBody> {
  for (const ifindex of net.interfaces.indexes()) yield* addressesOn(net, ctx, ifindex, family) ?? []
}

function addressesOn(net: RouteNet, ctx: Ctx, ifindex: number, family: number): AddrBody[] | undefined {
  using section = net.epoch.enter(ctx)
  const ifp = net.interfaces.byIndexAttached(section, ifindex)
  if (ifp === undefined) return undefined
  const name = family === AF_INET ? 'inet' : family === AF_INET6 ? 'inet6' : undefined
  return inetAddresses(ifp)
    .filter(address => family === 0 || address.family === name)
    .map(address => toAddrBody(ifp, address, net.clock))
}
