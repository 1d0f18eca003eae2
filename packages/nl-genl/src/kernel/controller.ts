import { NetlinkError } from '@nltool/nl-core/errno'
import type { Dump } from '@nltool/nl-core/kernel'
import type { Awaitable, Ctx } from '@nltool/nl-core/model'
import { type CtrlAttrs, nlctrl } from '../nlctrl/schema.ts'
import type { Policies } from '../policy/table.ts'
import { familyAttrs } from './describe.ts'
import type { LiveFamily } from './live.ts'
import type { NlctrlRules } from './personality.ts'
import { policyDump } from './policy-dump.ts'
import { type FamilyModule, serveFamily } from './serve.ts'

/** The registry, as the controller looks into it. */
export interface FamilyTable {
  byId(id: number): LiveFamily | undefined
  byName(name: string): LiveFamily | undefined
  /** Ids of all families, ascending. */
  ids(): readonly number[]
  /** Whether a program in the network stack of a context sees a family. */
  visible(live: LiveFamily, ctx: Ctx): boolean
  /** Asks for a module that registers a family of this name. True if one was loaded. */
  load(name: string): Awaitable<boolean>
  readonly policies: Policies
}

interface Selector {
  readonly familyId?: number | undefined
  readonly familyName?: string | undefined
}

/** The handlers of nlctrl over a registry. */
export function controllerModule(table: FamilyTable, rules: NlctrlRules): FamilyModule<typeof nlctrl> {
  const visible = (live: LiveFamily | undefined, ctx: Ctx): LiveFamily | undefined =>
    live !== undefined && table.visible(live, ctx) ? live : undefined

  function found(live: LiveFamily | undefined, ctx: Ctx): CtrlAttrs {
    const seen = visible(live, ctx)
    if (seen === undefined) throw new NetlinkError('ENOENT')
    return familyAttrs(seen, rules)
  }

  function getByName(name: string, ctx: Ctx): Awaitable<CtrlAttrs> {
    if (!rules.autoload || table.byName(name) !== undefined) return found(table.byName(name), ctx)
    const loaded = table.load(name)
    if (loaded instanceof Promise) return loaded.then(() => found(table.byName(name), ctx))
    return found(table.byName(name), ctx)
  }

  function get({ familyId, familyName }: Selector, ctx: Ctx): Awaitable<CtrlAttrs> {
    const byId = familyId === undefined || familyId === 0 ? undefined : table.byId(familyId)
    if (familyName === undefined) {
      if (familyId === undefined) throw new NetlinkError('EINVAL')
      return found(byId, ctx)
    }
    // Linux lets the name decide; FreeBSD wants both selectors to mean the same family.
    if (rules.selectors === 'both' && familyId !== undefined && familyId !== 0 && byId?.family.name !== familyName)
      throw new NetlinkError('ENOENT')
    return getByName(familyName, ctx)
  }

  /** Goes by the ids of the beginning, so that no family comes twice whatever happens meanwhile. */
  function* list(ctx: Ctx): Iterable<CtrlAttrs> {
    for (const id of table.ids()) {
      const live = visible(table.byId(id), ctx)
      if (live !== undefined) yield familyAttrs(live, rules)
    }
  }

  /** Here the id decides, and neither namespaces nor autoload matter (Linux ctrl_dumppolicy_start). */
  function getPolicy({ familyId, familyName, op }: Selector & { readonly op?: number | undefined }): Dump<CtrlAttrs> {
    if (familyId === undefined && familyName === undefined) throw new NetlinkError('EINVAL')
    const live = familyId !== undefined ? table.byId(familyId) : table.byName(familyName ?? '')
    if (live === undefined) throw new NetlinkError('ENOENT')
    return { bodies: live.use.track(policyDump(live, table.policies, op)), doneApart: true }
  }

  return serveFamily(nlctrl, () => ({
    getfamily: { do: (request, ctx) => get(request.attrs, ctx), dump: (_request, ctx) => list(ctx) },
    getpolicy: { dump: request => getPolicy(request.attrs) },
  }))
}

/** A GETFAMILY that names no family; FreeBSD lists all of them then. */
export function selectsNothing({ familyId, familyName }: Selector): boolean {
  return (familyId === undefined || familyId === 0) && familyName === undefined
}
