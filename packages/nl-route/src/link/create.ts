import type { Ifnet } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Request } from '@nltool/nl-core/kernel'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import { attributeSet, body, nulString, struct, u32 } from '@nltool/nl-core/wire'
import { routeAbiRules } from '../abi-rules.ts'
import { linkTypes } from '../messages.ts'
import { echo } from '../net/echo.ts'
import type { RouteNet } from '../net/net.ts'
import { applySteps, linkSteps } from './change.ts'
import { paramsOf } from './info.ts'
import { type LinkBody, linkBody } from './schema.ts'

/** NLMSGERR_ATTR_COOKIE of a creation: the only way to learn the name that a wildcard got. */
const cookie = body(
  struct('cookie', {}),
  attributeSet({
    IFLA_NEW_IFINDEX: [49, 'newIfindex', u32],
    IFLA_IFNAME: [3, 'ifname', nulString({ max: 15 })],
  }),
)

/**
 * RTM_NEWLINK with NLM_F_CREATE: the cloner is the one that the name asks for. If an attribute cannot be applied, the
 * new interface is destroyed again. @throws NetlinkError EINVAL, EEXIST, ENOSPC, EPERM, and what the attributes cause
 */
export async function createLink(net: RouteNet, req: Request<LinkBody>, ctx: Ctx): Promise<void> {
  const { attrs } = req.body
  const kind = attrs.linkinfo?.kind
  if (attrs.ifname === undefined || attrs.ifname === '') throw new NetlinkError('EINVAL', 'empty IFLA_IFNAME attribute')
  if (kind === undefined || kind === '') throw new NetlinkError('EINVAL', 'empty IFLA_INFO_KIND attribute')
  refuseMaster(req.body)
  const plan = planOf(net, ctx, req, attrs.ifname)
  const created = await clone(net, ctx, req, plan)
  const answer = bodyOf(net, ctx, created.index)
  if (answer === undefined) return // somebody else has destroyed it since
  req.cookie(cookie.encode({ header: {}, attrs: { newIfindex: created.index, ifname: created.name } }, req.abi))
  echo(net, ctx, linkTypes.RTM_NEWLINK, linkBody, () => answer)
}

/** What the cloner is asked for, and the names that the interfaces get afterwards. */
interface Plan {
  readonly request: string
  readonly rename: string | undefined
  readonly peerName: string | undefined
}

/** Linux programs choose cloner and names apart; FreeBSD finds the cloner by the name. */
function planOf(net: RouteNet, ctx: Ctx, { body: { attrs } }: Request<LinkBody>, ifname: string): Plan {
  const cloner = attrs.nltool?.cloner
  if (cloner === undefined) return { request: ifname, rename: undefined, peerName: undefined }
  const peerName = attrs.nltool?.peerName
  const rest = ifname.slice(cloner.length)
  const native = ifname.startsWith(cloner) && /^(\d*|\d+a)$/.test(rest)
  if (native) return { request: ifname, rename: undefined, peerName }
  using section = net.epoch.enter(ctx)
  for (const name of [ifname, peerName]) {
    if (name !== undefined && net.interfaces.byName(section, name) !== undefined) throw new NetlinkError('EEXIST')
  }
  return { request: cloner, rename: ifname, peerName }
}

async function clone(net: RouteNet, ctx: Ctx, req: Request<LinkBody>, plan: Plan) {
  const { linkinfo, link } = req.body.attrs
  const params = paramsOf(linkinfo?.kind ?? '', linkinfo?.data, link ?? req.body.header.ifindex)
  const modify = (ifp: Ifnet, task: Ctx, rtnl: RtnlHeld): void => {
    refuseForeignData(net, ifp, req.body)
    renamePair(net, task, rtnl, ifp, plan)
    applySteps(linkSteps({ net, ctx: task, rtnl, ifp, req }))
  }
  if (net.net.clone.clonerFor(plan.request) === undefined) {
    const [code, text] = routeAbiRules[req.abi].unknownKind
    throw new NetlinkError(code, text ?? `no cloner makes interfaces called ${plan.request}`)
  }
  return await net.net.clone.create(ctx, plan.request, params, { modify, onFailure: 'destroy' })
}

/** Parameters for another kind than the one that the name asked for. */
function refuseForeignData(net: RouteNet, ifp: Ifnet, { attrs }: LinkBody): void {
  const { kind, data } = attrs.linkinfo ?? {}
  const cloner = net.net.clone.clonerOf(ifp)?.name
  if (data === undefined || cloner === undefined || kind === cloner || !net.cloners().includes(kind ?? '')) return
  throw new NetlinkError('EINVAL', `IFLA_INFO_DATA is for ${kind}, but ${ifp.name} is made by ${cloner}`)
}

function renamePair(net: RouteNet, ctx: Ctx, rtnl: RtnlHeld, ifp: Ifnet, { rename, peerName }: Plan): void {
  const other = peerName === undefined ? undefined : otherEnd(net, ctx, ifp)
  if (rename !== undefined) net.net.config.rename(ctx, rtnl, ifp, rename)
  if (other === undefined || peerName === undefined) return
  using section = net.epoch.enter(ctx)
  const peer = net.interfaces.byIndexAttached(section, other)
  if (peer !== undefined) net.net.config.rename(ctx, rtnl, peer, peerName)
}

/** The index of an epair's other end. */
function otherEnd(net: RouteNet, ctx: Ctx, ifp: Ifnet): number | undefined {
  using section = net.epoch.enter(ctx)
  if (!ifp.name.endsWith('a')) return undefined
  return net.interfaces.byName(section, `${ifp.name.slice(0, -1)}b`)?.index
}

/** Membership of bridges is not modelled: better refused than forgotten. */
export function refuseMaster({ attrs }: LinkBody): void {
  if (attrs.master !== undefined && attrs.master !== 0) {
    throw new NetlinkError('EOPNOTSUPP', 'IFLA_MASTER is not supported', { attr: 'IFLA_MASTER' })
  }
  if (attrs.netNsPid !== undefined || attrs.netNsFd !== undefined) {
    throw new NetlinkError('EOPNOTSUPP', 'network namespaces are not supported')
  }
}

function bodyOf(net: RouteNet, ctx: Ctx, index: number): LinkBody | undefined {
  using section = net.epoch.enter(ctx)
  const ifp = net.interfaces.byIndexAttached(section, index)
  return ifp === undefined ? undefined : net.linkBody(ifp, 0)
}
