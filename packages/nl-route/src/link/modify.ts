import type { Ifnet, Section } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Request } from '@nltool/nl-core/kernel'
import { type Ctx, privileged, type VnetId } from '@nltool/nl-core/model'
import { linkTypes } from '../messages.ts'
import { echo } from '../net/echo.ts'
import type { RouteNet } from '../net/net.ts'
import { applySteps, linkSteps } from './change.ts'
import { refuseMaster } from './create.ts'
import { type LinkBody, linkBody } from './schema.ts'

/**
 * RTM_NEWLINK without NLM_F_CREATE: changes an interface, whole or not at all.
 * @throws NetlinkError ENOENT, EPERM for a request without a selector or privilege, and what each change may answer
 */
export async function modifyLink(net: RouteNet, req: Request<LinkBody>, ctx: Ctx): Promise<void> {
  refuseMaster(req.body)
  const { vnet } = req.body.attrs.nltool ?? {}
  if (vnet !== undefined) return await move(net, req, ctx, vnet as VnetId)
  using rtnl = await net.rtnl.acquire(ctx)
  using section = net.epoch.enter(ctx)
  const ifp = found(net, section, req.body)
  applySteps(linkSteps({ net, ctx, rtnl, ifp, req }))
  echo(net, ctx, linkTypes.RTM_NEWLINK, linkBody, () => net.linkBody(ifp, req.body.header.change))
}

/** To another network stack. That takes the locks above the RTNL, so nothing else can be part of the same change. */
async function move(net: RouteNet, req: Request<LinkBody>, ctx: Ctx, to: VnetId): Promise<void> {
  if (!privileged(req.cred, 'net-setifvnet')) throw new NetlinkError('EPERM')
  await net.net.loan(ctx, nameToMove(net, req, ctx), to)
}

function nameToMove(net: RouteNet, req: Request<LinkBody>, ctx: Ctx): string {
  using section = net.epoch.enter(ctx)
  const ifp = found(net, section, req.body)
  const { ifname, ifalias, mtu, address } = req.body.attrs
  const alone = req.body.header.change === 0 && [ifalias, mtu, address].every(value => value === undefined)
  if (alone && (ifname === undefined || ifname === ifp.name)) return ifp.name
  throw new NetlinkError('EINVAL', 'a move to another network stack is a request of its own')
}

function found(net: RouteNet, section: Section, { header, attrs }: LinkBody): Ifnet {
  const { ifindex } = header
  if (ifindex !== 0) {
    const ifp = net.interfaces.byIndexAttached(section, ifindex)
    if (ifp !== undefined) return ifp
    throw new NetlinkError('ENOENT', `unable to find interface #${ifindex}`)
  }
  const name = attrs.ifname ?? attrs.altIfname
  if (name === undefined) throw new NetlinkError('EPERM', 'empty ifi_index field')
  const ifp = net.interfaces.byName(section, name)
  if (ifp === undefined) throw new NetlinkError('ENOENT', `unable to find interface ${name}`)
  return ifp
}
