import {
  IF_MAXMTU,
  IF_MINMTU,
  IFDESCR_MAXLEN,
  IFF_CANTCHANGE,
  IFF_PPROMISC,
  IFF_PROMISC,
  type Ifnet,
} from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Request } from '@nltool/nl-core/kernel'
import { type Ctx, type Privilege, privileged, type RtnlHeld } from '@nltool/nl-core/model'
import type { RouteNet } from '../net/net.ts'
import type { LinkBody } from './schema.ts'

/** One part of a change: what must hold before anything is done, the doing, and its undoing. */
export interface LinkStep {
  readonly check?: () => void
  readonly apply: () => void
  readonly undo: () => void
}

/** Checks all, then applies all; if one fails nevertheless, those before it are undone (R-RT-12: all or nothing). */
export function applySteps(steps: readonly LinkStep[]): void {
  for (const step of steps) step.check?.()
  const done: LinkStep[] = []
  try {
    for (const step of steps) {
      step.apply()
      done.push(step)
    }
  } catch (error) {
    for (const step of done.reverse()) step.undo()
    throw error
  }
}

/** What a request changes on an interface, in FreeBSD's order: description, up or down, MTU, flags, address; ours last. */
export function linkSteps(net: RouteNet, ctx: Ctx, rtnl: RtnlHeld, ifp: Ifnet, req: Request<LinkBody>): LinkStep[] {
  const { header, attrs } = req.body
  const { config } = net.net
  const steps: LinkStep[] = []
  const allow = (privilege: Privilege, what: string): void => {
    if (!privileged(req.cred, privilege)) throw new NetlinkError('EPERM', `Not enough privileges to set ${what}`)
  }
  /** A value that is set by one operation, and back by the same. */
  const value = <T>(before: T, after: T | undefined, check: (after: T) => void, set: (value: T) => void): void => {
    if (after === undefined) return
    steps.push({ check: () => check(after), apply: () => set(after), undo: () => set(before) })
  }

  value(
    ifp.description ?? '',
    attrs.ifalias,
    alias => {
      allow('net-setifdescr', 'descr')
      if (new TextEncoder().encode(alias).length >= IFDESCR_MAXLEN) throw new NetlinkError('ENAMETOOLONG')
    },
    alias => config.setDescription(ctx, rtnl, ifp, alias),
  )
  value(
    ifp.flags,
    wantedFlags(ifp, header.flags, header.change),
    () => {
      if (!privileged(req.cred, 'net-setifflags')) throw new NetlinkError('EPERM')
    },
    flags => config.setFlags(ctx, rtnl, ifp, flags),
  )
  value(
    ifp.mtu,
    attrs.mtu,
    mtu => {
      allow('net-setifmtu', 'mtu')
      checkMtu(mtu)
    },
    mtu => config.setMtu(ctx, rtnl, ifp, mtu),
  )
  value(
    ifp.lladdr,
    attrs.address,
    lladdr => checkLladdr(ifp, lladdr),
    lladdr => config.setLinkAddress(ctx, rtnl, ifp, lladdr),
  )
  value(
    ifp.metric,
    attrs.nltool?.metric,
    () => {},
    metric => config.setMetric(ctx, rtnl, ifp, metric),
  )
  value(
    ifp.fib,
    attrs.nltool?.fib,
    fib => {
      if (fib >= net.rib.fibs) throw new NetlinkError('EINVAL', 'invalid fib')
    },
    fib => config.setFib(ctx, rtnl, ifp, fib),
  )
  const join = (group: string): void => config.addGroup(ctx, rtnl, ifp, group)
  const leave = (group: string): void => config.deleteGroup(ctx, rtnl, ifp, group)
  for (const group of attrs.nltool?.groupJoin ?? []) steps.push({ apply: () => join(group), undo: () => leave(group) })
  for (const group of attrs.nltool?.groupLeave ?? []) steps.push({ apply: () => leave(group), undo: () => join(group) })
  return steps
}

/** The flag word with the bits of the mask replaced; `undefined` if nothing is meant. A user's PROMISC is permanent. */
function wantedFlags(ifp: Ifnet, flags: number, change: number): number | undefined {
  // Flags without a mask mean all of them; neither means none.
  const mask = change === 0 && flags !== 0 ? 0xffffffff : change
  const changeable = mask & ~IFF_CANTCHANGE & 0xffffff
  const permanent = (mask & IFF_PROMISC) !== 0 ? IFF_PPROMISC : 0
  if ((changeable | permanent) === 0) return undefined
  const set = (flags & changeable) | ((flags & IFF_PROMISC) !== 0 ? permanent : 0)
  return (ifp.flags & ~(changeable | permanent)) | set
}

function checkMtu(mtu: number): void {
  if (mtu >= IF_MINMTU && mtu <= IF_MAXMTU) return
  throw new NetlinkError('EINVAL', `MTU ${mtu} is not ${IF_MINMTU} to ${IF_MAXMTU}`, { attr: 'IFLA_MTU' })
}

function checkLladdr(ifp: Ifnet, lladdr: Uint8Array): void {
  const multicast = ((lladdr[0] ?? 0) & 1) !== 0
  if (lladdr.length === ifp.addrlen && !multicast) return
  const why = multicast ? 'is a multicast address' : `does not have ${ifp.addrlen} bytes`
  throw new NetlinkError('EINVAL', `the link-level address ${why}`, { attr: 'IFLA_ADDRESS' })
}
