import type { Ifnet } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Request } from '@nltool/nl-core/kernel'
import type { Ctx } from '@nltool/nl-core/model'
import { routeAbiRules } from '../abi-rules.ts'
import { linkTypes } from '../messages.ts'
import { echo } from '../net/echo.ts'
import type { RouteNet } from '../net/net.ts'
import { type LinkBody, linkBody } from './schema.ts'

/** RTM_DELLINK: by index; Linux programs may give a name. @throws NetlinkError ENOENT, EINVAL (Linux ABI EOPNOTSUPP) */
export async function destroyLink(net: RouteNet, { body, abi }: Request<LinkBody>, ctx: Ctx): Promise<void> {
  const { header, attrs } = body
  const { linkByName, notCloned } = routeAbiRules[abi]
  const gone = found(net, ctx, header.ifindex, linkByName ? attrs.ifname : undefined)
  if (!gone.cloned) throw new NetlinkError(notCloned)
  try {
    await net.net.clone.destroy(ctx, gone.name)
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error
    if (error.code === 'ENXIO') throw new NetlinkError('ENOENT') // somebody else was faster
    throw error.code === 'EINVAL' ? new NetlinkError(notCloned, error.text) : error
  }
  echo(net, ctx, linkTypes.RTM_DELLINK, linkBody, () => gone.body)
}

/** What is remembered of an interface that is going. */
interface Gone {
  readonly name: string
  readonly cloned: boolean
  readonly body: LinkBody
}

function found(net: RouteNet, ctx: Ctx, ifindex: number, name: string | undefined): Gone {
  using section = net.epoch.enter(ctx)
  const { interfaces } = net
  let ifp: Ifnet | undefined
  if (ifindex !== 0) ifp = interfaces.byIndexAttached(section, ifindex)
  else if (name !== undefined) ifp = interfaces.byName(section, name)
  if (ifp === undefined) throw new NetlinkError('ENOENT')
  return { name: ifp.name, cloned: net.net.clone.clonerOf(ifp) !== undefined, body: net.linkBody(ifp, 0) }
}
