import {
  IF_MAXMTU,
  IF_MINMTU,
  IFDESCR_MAXLEN,
  IFF_CANTCHANGE,
  IFF_PPROMISC,
  IFF_PROMISC,
  type IfConfig,
  type Ifnet,
} from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Request } from '@nltool/nl-core/kernel'
import { type Ctx, type Privilege, privileged, type RtnlHeld } from '@nltool/nl-core/model'
import type { RouteNet } from '../net/net.ts'
import type { LinkBody } from './schema.ts'

/** A change of an interface under way: who asks for what, on which interface, with which permission. */
export interface Edit {
  readonly net: RouteNet
  readonly ctx: Ctx
  readonly rtnl: RtnlHeld
  readonly ifp: Ifnet
  readonly req: Request<LinkBody>
}

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

/** A property that one operation sets, and sets back. */
interface Setting<T> {
  /** What the request wants; `undefined`: it does not say. */
  readonly wanted: (edit: Edit) => T | undefined
  readonly current: (ifp: Ifnet) => T
  readonly check?: (value: T, edit: Edit) => void
  readonly set: (config: IfConfig, edit: Edit, value: T) => void
}

function setting<T>({ wanted, current, check, set }: Setting<T>): (edit: Edit) => LinkStep[] {
  return edit => {
    const value = wanted(edit)
    if (value === undefined) return []
    const before = current(edit.ifp)
    const { config } = edit.net.net
    return [
      {
        check: () => check?.(value, edit),
        apply: () => set(config, edit, value),
        undo: () => set(config, edit, before),
      },
    ]
  }
}

function allow({ req }: Edit, privilege: Privilege, text?: string): void {
  if (!privileged(req.cred, privilege)) throw new NetlinkError('EPERM', text)
}

/** What RTM_NEWLINK changes (FreeBSD iface.c, modify_generic), and our own attributes. */
const settings = [
  setting({
    wanted: ({ req }) => req.body.attrs.ifalias,
    current: ifp => ifp.description ?? '',
    check(text, edit) {
      allow(edit, 'net-setifdescr', 'Not enough privileges to set descr')
      if (new TextEncoder().encode(text).length >= IFDESCR_MAXLEN) throw new NetlinkError('ENAMETOOLONG')
    },
    set: (config, { ctx, rtnl, ifp }, text) => config.setDescription(ctx, rtnl, ifp, text),
  }),
  setting({
    wanted: ({ req }) => req.body.attrs.mtu,
    current: ifp => ifp.mtu,
    check(mtu, edit) {
      allow(edit, 'net-setifmtu', 'Not enough privileges to set mtu')
      if (mtu >= IF_MINMTU && mtu <= IF_MAXMTU) return
      throw new NetlinkError('EINVAL', `MTU ${mtu} is not ${IF_MINMTU} to ${IF_MAXMTU}`, { attr: 'IFLA_MTU' })
    },
    set: (config, { ctx, rtnl, ifp }, mtu) => config.setMtu(ctx, rtnl, ifp, mtu),
  }),
  setting({
    wanted: ({ req }) => req.body.attrs.address,
    current: ifp => ifp.lladdr,
    check: (lladdr, { ifp }) => checkLladdr(ifp, lladdr),
    set: (config, { ctx, rtnl, ifp }, lladdr) => config.setLinkAddress(ctx, rtnl, ifp, lladdr),
  }),
  setting({
    wanted: ({ req }) => req.body.attrs.nltool?.metric,
    current: ifp => ifp.metric,
    set: (config, { ctx, rtnl, ifp }, metric) => config.setMetric(ctx, rtnl, ifp, metric),
  }),
  setting({
    wanted: ({ req }) => req.body.attrs.nltool?.fib,
    current: ifp => ifp.fib,
    check(fib, { net }) {
      if (fib >= net.rib.fibs) throw new NetlinkError('EINVAL', 'invalid fib')
    },
    set: (config, { ctx, rtnl, ifp }, fib) => config.setFib(ctx, rtnl, ifp, fib),
  }),
  groupSteps,
  renaming,
  // Last, though FreeBSD sets UP before the MTU: routes that go with `down` could not be brought back.
  setting({
    wanted: wantedFlags,
    current: ifp => ifp.flags,
    check: (_flags, edit) => allow(edit, 'net-setifflags'),
    set: (config, { ctx, rtnl, ifp }, flags) => config.setFlags(ctx, rtnl, ifp, flags),
  }),
]

/** The steps of a request, in the order in which they are taken. */
export function linkSteps(edit: Edit): LinkStep[] {
  return settings.flatMap(stepsOf => stepsOf(edit))
}

function groupSteps({ net, ctx, rtnl, ifp, req }: Edit): LinkStep[] {
  const { groupJoin = [], groupLeave = [] } = req.body.attrs.nltool ?? {}
  const join = (group: string) => (): void => net.net.config.addGroup(ctx, rtnl, ifp, group)
  const leave = (group: string) => (): void => net.net.config.deleteGroup(ctx, rtnl, ifp, group)
  return [
    ...groupJoin.map(group => ({ apply: join(group), undo: leave(group) })),
    ...groupLeave.map(group => ({ apply: leave(group), undo: join(group) })),
  ]
}

/** An interface that was found by its index gets the name in the request (Linux; an addition for FreeBSD's sockets). */
function renaming(edit: Edit): LinkStep[] {
  const { net, ctx, rtnl, ifp, req } = edit
  const { ifname } = req.body.attrs
  const before = ifp.name
  const found = req.body.header.ifindex === ifp.index
  if (!found || ifname === undefined || ifname === before) return []
  const rename = (name: string): void => net.net.config.rename(ctx, rtnl, ifp, name)
  return [
    {
      check() {
        allow(edit, 'net-setifname')
        using section = net.epoch.enter(ctx)
        if (net.interfaces.byName(section, ifname) !== undefined) throw new NetlinkError('EEXIST')
      },
      apply: () => rename(ifname),
      undo: () => rename(before),
    },
  ]
}

/** The flag word with the bits of the mask replaced; `undefined` if nothing is meant. A user's PROMISC is permanent. */
function wantedFlags({ ifp, req }: Edit): number | undefined {
  const { flags, change } = req.body.header
  // Flags without a mask mean all of them; neither means none.
  const mask = change === 0 && flags !== 0 ? 0xffffffff : change
  const changeable = mask & ~IFF_CANTCHANGE & 0xffffff
  const permanent = (mask & IFF_PROMISC) !== 0 ? IFF_PPROMISC : 0
  if ((changeable | permanent) === 0) return undefined
  const set = (flags & changeable) | ((flags & IFF_PROMISC) !== 0 ? permanent : 0)
  return (ifp.flags & ~(changeable | permanent)) | set
}

function checkLladdr(ifp: Ifnet, lladdr: Uint8Array): void {
  const multicast = ((lladdr[0] ?? 0) & 1) !== 0
  if (lladdr.length === ifp.addrlen && !multicast) return
  const why = multicast ? 'is a multicast address' : `does not have ${ifp.addrlen} bytes`
  throw new NetlinkError('EINVAL', `the link-level address ${why}`, { attr: 'IFLA_ADDRESS' })
}
