import { isRequest, operationsOf } from '../messages.ts'
import { type CtrlAttrs, nlctrl } from '../nlctrl/schema.ts'
import type { LiveFamily } from './live.ts'
import { operationFlags } from './operation.ts'
import type { NlctrlRules } from './personality.ts'

/** What CTRL_CMD_NEWFAMILY says of a family; groups by the model's numbers. */
export function familyAttrs(live: LiveFamily, rules: NlctrlRules): CtrlAttrs {
  live.description ??= describe(live, rules)
  return live.description
}

function describe({ id, family, groups }: LiveFamily, rules: NlctrlRules): CtrlAttrs {
  const operations = operationsOf(family).flatMap(([name, operation]) =>
    isRequest(operation) && isListed(family === nlctrl, name, rules)
      ? [{ id: operation.cmd, flags: operationFlags(operation) }]
      : [],
  )
  if (rules.opsOrder === 'command') operations.sort((a, b) => a.id - b.id)
  return {
    familyName: family.name,
    familyId: id,
    version: family.version,
    hdrsize: family.header?.size ?? 0,
    maxattr: family === nlctrl ? rules.maxattr : (family.maxattr ?? 0),
    ...(operations.length > 0 ? { ops: operations } : {}),
    ...(groups.size > 0 ? { mcastGroups: [...groups].map(([name, group]) => ({ id: group, name })) } : {}),
  }
}

/** What CTRL_CMD_NEWMCAST_GRP and CTRL_CMD_DELMCAST_GRP say of a group. */
export function groupAttrs({ id, family }: LiveFamily, name: string, group: number): CtrlAttrs {
  return { familyName: family.name, familyId: id, mcastGroups: [{ id: group, name }] }
}

function isListed(controller: boolean, operation: string, rules: NlctrlRules): boolean {
  return !controller || operation !== 'getpolicy' || rules.listsGetPolicy
}
