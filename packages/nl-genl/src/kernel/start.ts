import type { AnyHandler, Multicast, Request } from '@nltool/nl-core/kernel'
import type { Abi, Lock, VnetId } from '@nltool/nl-core/model'
import type { AbiHooks } from '@nltool/nl-core/wire'
import { GENL_ID_CTRL, GENL_NOTIFY_GROUP_FREEBSD } from '../constants.ts'
import { type Attrs, type FamilyMessages, type GenericBody, isRequest, messagesOf, operationsOf } from '../messages.ts'
import { nlctrl } from '../nlctrl/schema.ts'
import type { Policies } from '../policy/table.ts'
import { controllerModule, type FamilyTable, selectsNothing } from './controller.ts'
import { createFamilyHost, type GroupKeeper } from './host.ts'
import type { LiveFamily } from './live.ts'
import { groupInAbi } from './numbers.ts'
import type { GenericPersonality } from './personality.ts'
import { type OperationRows, operationRows, type RowParts } from './rows.ts'
import type { FamilyModule } from './serve.ts'
import { createFamilyUse } from './use.ts'

/** What the families of one kernel share. */
export interface Shared {
  readonly multicast: Multicast
  readonly rules: GenericPersonality
  readonly policies: { readonly [abi in Abi]: Policies }
  /** Held around the handlers of families that are not `parallel`. */
  readonly serial: Lock<'module'>
  readonly vnets: () => Iterable<VnetId>
  readonly groupKeeper: GroupKeeper
}

/** Where a family stands. */
interface Place {
  readonly id: number
  readonly groups: Map<string, number>
  readonly messages: FamilyMessages
  readonly versionOf?: RowParts['versionOf']
}

/** Brings a family to life: its handlers for this kernel, and a dispatch row for each operation. */
export function startFamily(shared: Shared, module: FamilyModule, place: Place): LiveFamily {
  const { family } = module
  const { id, groups, messages } = place
  const use = createFamilyUse()
  const host = createFamilyHost({ ...shared, id, family, groups, messages })
  const served = module.start(host)
  const parts: RowParts = {
    family,
    messages,
    policies: shared.policies,
    use,
    serial: shared.serial,
    unknownFamily: shared.rules.unknownFamily,
    versionOf: place.versionOf,
  }
  const operations = new Map<number, OperationRows>()
  for (const [name, operation] of operationsOf(family)) {
    if (isRequest(operation))
      operations.set(operation.cmd, operationRows(parts, name, operation, served.handlers[name] ?? {}))
  }
  const stop = (): void => {
    served.stop?.()
    host.clear()
  }
  return { id, family, groups, operations, use, description: undefined, stop }
}

/** Linux programs know the group `notify` by another number, here as in bind(2) and setsockopt(2). */
export const groupHooks: AbiHooks<GenericBody> = { fromAbi: renumbered, toAbi: renumbered }

function renumbered(body: GenericBody): GenericBody {
  const { mcastGroups: groups } = body.attrs
  if (!Array.isArray(groups)) return body
  const mcastGroups = groups.map((group: { readonly id?: number }) =>
    group.id === undefined ? group : { ...group, id: groupInAbi(group.id, 'linux') },
  )
  return { ...body, attrs: { ...body.attrs, mcastGroups } }
}

/** The messages of nlctrl as its kernel side writes them. */
export function controllerMessages(): FamilyMessages {
  return messagesOf(nlctrl, groupHooks)
}

/** Brings nlctrl to life over a registry. */
export function startController(shared: Shared, table: FamilyTable): LiveFamily {
  const rules = shared.rules.nlctrl
  const described = ({ version }: Attrs): number => (typeof version === 'number' ? version : nlctrl.version)
  const live = startFamily(shared, controllerModule(table, rules), {
    id: GENL_ID_CTRL,
    groups: new Map([['notify', GENL_NOTIFY_GROUP_FREEBSD]]),
    messages: controllerMessages(),
    ...(rules.replyVersion === 'described' ? { versionOf: described } : {}),
  })
  return rules.listsWithoutSelector ? listingWithoutSelector(live) : live
}

/** FreeBSD's GETFAMILY: its own lenient parser, and a list whenever no family is named, whatever NLM_F_DUMP says. */
function listingWithoutSelector(live: LiveFamily): LiveFamily {
  const { cmd } = nlctrl.ops.getfamily
  const rows = live.operations.get(cmd)
  if (rows?.do === undefined || rows.dump === undefined) return live
  const row: AnyHandler = {
    ...rows.do.own,
    body: controllerMessages().request(nlctrl.ops.getfamily, 'do'),
    dump: rows.dump.own.dump,
    isDump: (request: Request<GenericBody>) => selectsNothing(request.body.attrs),
  }
  const both = { strict: row, liberal: row, own: row }
  return { ...live, operations: new Map([...live.operations, [cmd, { ...rows, do: both, dump: both }]]) }
}
