import type { Ctx, HeldLock, RtnlHeld } from '@nltool/nl-core/model'

function isRtnl(held: HeldLock): held is RtnlHeld {
  return held.class === 'rtnl'
}

/** The RTNL that a task holds: events of interfaces are fired by those who hold it. */
export function heldRtnl(ctx: Ctx): RtnlHeld {
  const held = ctx.task.held.find(isRtnl)
  if (held === undefined) throw new Error(`${ctx.task.name} changes the configuration without the RTNL`)
  return held
}
