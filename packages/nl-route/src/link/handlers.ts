import type { Ifnet, Section } from '@nltool/ifnet'
import { NLM_F_CREATE, NLM_F_DUMP } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type Dump, type Handlers, handler, type Request } from '@nltool/nl-core/kernel'
import type { Ctx } from '@nltool/nl-core/model'
import { linuxFamilyBase } from '@nltool/nl-core/wire'
import { routeAbiRules } from '../abi-rules.ts'
import type { linkTypes } from '../messages.ts'
import type { RouteNet } from '../net/net.ts'
import { createLink } from './create.ts'
import { destroyLink } from './destroy.ts'
import { modifyLink } from './modify.ts'
import { type LinkBody, linkBody } from './schema.ts'

/** RTM_*LINK: one row per message type. RTM_SETLINK is for Linux programs only. */
export const linkHandlers = (net: RouteNet) =>
  ({
    RTM_NEWLINK: handler({
      body: linkBody,
      priv: 'net-ifcreate',
      lock: 'own',
      do: (req, ctx) => ((req.flags & NLM_F_CREATE) !== 0 ? createLink(net, req, ctx) : modifyLink(net, req, ctx)),
    }),
    RTM_SETLINK: handler({
      body: linkBody,
      priv: 'net-ifcreate',
      lock: 'own',
      do: (req, ctx) => modifyLink(net, req, ctx),
    }),
    RTM_DELLINK: handler({
      body: linkBody,
      priv: 'net-ifdestroy',
      lock: 'own',
      do: (req, ctx) => destroyLink(net, req, ctx),
    }),
    RTM_GETLINK: handler({
      body: linkBody,
      jail: true,
      shortHeader: true,
      strictHeader: ({ header: { type, flags, change } }) =>
        (type | flags | change) === 0 ? undefined : 'strict checking: non-zero values in ifinfomsg header',
      isDump: req => (req.flags & NLM_F_DUMP) !== 0 || !hasSelector(req.body),
      do: (req, ctx) => getLink(net, req, ctx),
      dump: (req, ctx) => dumpLinks(net, req, ctx),
    }),
  }) satisfies Handlers<typeof linkTypes>

function nameOf({ attrs }: LinkBody): string | undefined {
  return attrs.ifname ?? attrs.altIfname
}

function hasSelector(body: LinkBody): boolean {
  return body.header.ifindex !== 0 || nameOf(body) !== undefined
}

function getLink(net: RouteNet, { body }: Request<LinkBody>, ctx: Ctx): LinkBody {
  using section = net.epoch.enter(ctx)
  const ifp = selected(net, section, body)
  if (ifp === undefined) throw new NetlinkError('ENODEV')
  return net.linkBody(ifp, 0)
}

function selected(net: RouteNet, section: Section, body: LinkBody): Ifnet | undefined {
  const { ifindex } = body.header
  if (ifindex !== 0) return net.interfaces.byIndexAttached(section, ifindex)
  return net.interfaces.byName(section, nameOf(body) ?? '')
}

function dumpLinks(net: RouteNet, { body, abi }: Request<LinkBody>, ctx: Ctx): Dump<LinkBody> {
  const { header } = body
  // A family of links that only Linux has (AF_BRIDGE): none of them are here.
  const none = routeAbiRules[abi].startupDumps && header.family >= linuxFamilyBase
  return {
    bodies: none ? [] : bodiesOf(net, ctx, matcher(body)),
    generation: () => net.interfaces.generation,
    filtered: hasSelector(body) || header.type !== 0,
  }
}

function matcher(body: LinkBody): (ifp: Ifnet) => boolean {
  const { ifindex, type } = body.header
  const name = nameOf(body)
  return ifp =>
    (ifindex === 0 || ifp.index === ifindex) &&
    (type === 0 || ifp.type === type) &&
    (name === undefined || ifp.name === name)
}

/** By index. The world may change between two pulls, so no section stays open across a `yield`. */
function* bodiesOf(net: RouteNet, ctx: Ctx, wanted: (ifp: Ifnet) => boolean): Iterable<LinkBody> {
  for (const ifindex of net.interfaces.indexes()) {
    const body = bodyOf(net, ctx, ifindex, wanted)
    if (body !== undefined) yield body
  }
}

function bodyOf(net: RouteNet, ctx: Ctx, ifindex: number, wanted: (ifp: Ifnet) => boolean): LinkBody | undefined {
  using section = net.epoch.enter(ctx)
  const ifp = net.interfaces.byIndexAttached(section, ifindex)
  return ifp !== undefined && wanted(ifp) ? net.linkBody(ifp, 0) : undefined
}
