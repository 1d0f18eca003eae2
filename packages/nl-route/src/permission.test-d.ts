import { type Handlers, handler } from '@nltool/nl-core/kernel'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import type { Infer } from '@nltool/nl-core/wire'
import { createRouteNet } from './kernel.ts'
import { type LinkBody, type linkAttrs, linkBody } from './link/schema.ts'
import type { linkTypes } from './messages.ts'
import type { PathRequest, Rib, RouteKey } from './rib/types.ts'

declare const rib: Rib
declare const ctx: Ctx
declare const rtnl: RtnlHeld
declare const key: RouteKey
declare const paths: PathRequest[]

// A change of the RIB asks for the held RTNL; a look-up does not.
rib.put(ctx, rtnl, key, paths, { create: true })
rib.get(key)
// @ts-expect-error: no permission
rib.put(ctx, undefined, key, paths, { create: true })
// @ts-expect-error: a mere object is no permission
rib.delete(ctx, { class: 'rtnl' }, key)

// A dispatch table has a row for every message type of its object, and no other.
const get = handler({ body: linkBody, do: (): LinkBody => linkBody.decode(new Uint8Array(16), 'freebsd') })
const whole = { RTM_NEWLINK: get, RTM_DELLINK: get, RTM_GETLINK: get, RTM_SETLINK: get }
whole satisfies Handlers<typeof linkTypes>
// @ts-expect-error: rows are missing
const part = { RTM_NEWLINK: get } satisfies Handlers<typeof linkTypes>

// The row of an attribute is its type.
const attrs: Infer<typeof linkAttrs> = { mtu: 1500, ifname: 'em0', stats64: [0n] }
// @ts-expect-error: IFLA_MTU is a number
const wrong: Infer<typeof linkAttrs> = { mtu: '1500' }

// A network stack's routing needs the registry whose lock it shares.
// @ts-expect-error: options are missing
createRouteNet(undefined, {})

export { attrs, part, wrong }
