import type { Ctx, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import type { DetachHeld, Hanging, IfConfig, IfId, Ifnet, IfOwner, IfRef, Interfaces, Section } from './index.ts'

/** What is true at compile time is not run: every line below either compiles or is expected not to. */
export function permissions(
  ctx: Ctx,
  section: Section,
  rtnl: RtnlHeld,
  detach: DetachHeld,
  interfaces: Interfaces,
  config: IfConfig,
  ifp: Ifnet,
  ref: IfRef,
  owner: IfOwner,
  id: IfId,
): void {
  // A look-up takes an open section.
  interfaces.byIndexAttached(section, 1)
  interfaces.byIndex(section, 1)
  interfaces.byName(section, 'em0')
  interfaces.list(section)
  interfaces.resolve(section, id)
  // @ts-expect-error without a section there is no look-up by index
  interfaces.byIndexAttached(1)
  // @ts-expect-error a context is not a section
  interfaces.byIndexAttached(ctx, 1)
  // @ts-expect-error nor is anything that looks like one
  interfaces.byIndexAttached({ entered: 0, live: true, task: ctx.task, exit() {}, [Symbol.dispose]() {} }, 1)
  // @ts-expect-error without a section there is no look-up by name
  interfaces.byName('em0')
  // @ts-expect-error without a section there is no list
  interfaces.list()
  // @ts-expect-error without a section a serialised reference stays one
  interfaces.resolve(id)
  // @ts-expect-error a reference is borrowed in a section only
  ref.borrow()

  // What is not found is undefined, and has to be dealt with.
  // @ts-expect-error perhaps there is no such interface
  interfaces.byName(section, 'em0').mtu
  // @ts-expect-error perhaps it is being reclaimed
  ifp.tryRef('test').release()
  const resolved = interfaces.resolve(section, id)
  // @ts-expect-error only `ok` is sure to come with the interface
  resolved.ifp.name
  if (resolved.kind === 'ok') resolved.ifp.name

  // A change takes the held RTNL.
  config.setMtu(ctx, rtnl, ifp, 1400)
  config.up(ctx, rtnl, ref)
  // @ts-expect-error without the RTNL nothing is changed
  config.setMtu(ctx, ifp, 1400)
  // @ts-expect-error another lock is not the RTNL
  config.setMtu(ctx, detach, ifp, 1400)
  // @ts-expect-error a section is permission to read
  config.up(ctx, section, ifp)
  // @ts-expect-error an index is not an interface
  config.up(ctx, rtnl, 1)

  // Attach takes the RTNL, detach the detach lock.
  owner.attach(ctx, rtnl)
  void owner.detach(ctx, detach)
  // @ts-expect-error the RTNL is not enough to detach
  void owner.detach(ctx, rtnl)

  // Views are for reading.
  // @ts-expect-error the MTU is set through IfConfig
  ifp.mtu = 1400
  // @ts-expect-error addresses are added through IfConfig
  ifp.addresses.push()
}

/** Hanging data keeps its type, and ids their brands. */
export function types(ifp: Ifnet, neighbours: Hanging<Map<string, number>>, index: number): void {
  const table: Map<string, number> | undefined = ifp.af(neighbours)
  void table
  // @ts-expect-error it is a map of numbers
  const wrong: Set<string> | undefined = ifp.af(neighbours)
  void wrong
  // @ts-expect-error a raw number is no index that may be stored
  const id: IfId = { index, gen: 0, vnet: 0 as VnetId, moves: 0 }
  void id
}
