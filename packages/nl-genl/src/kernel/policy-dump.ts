import { NetlinkError } from '@nltool/nl-core/errno'
import { isRequest, operationsOf } from '../messages.ts'
import type { CtrlAttrs } from '../nlctrl/schema.ts'
import { policyAttrsOf } from '../policy/describe.ts'
import type { Policies, PolicyTable } from '../policy/table.ts'
import type { LiveFamily } from './live.ts'
import { hasPolicy } from './operation.ts'
import { policyOf } from './rows.ts'

interface OperationPolicies {
  readonly cmd: number
  readonly do: PolicyTable | undefined
  readonly dump: PolicyTable | undefined
}

/**
 * The answer to CTRL_CMD_GETPOLICY: first which policies each operation has, then each policy attribute by attribute.
 * Equal policies have one index, so recursion ends. Order as Linux net/netlink/policy.c.
 * @throws NetlinkError ENOENT for a command that the family does not have, ENODATA where there is no policy
 */
export function policyDump(live: LiveFamily, policies: Policies, cmd: number | undefined): Iterable<CtrlAttrs> {
  const operations = policiesOf(live, policies)
  const chosen = cmd === undefined ? operations : operations.filter(operation => operation.cmd === cmd)
  if (cmd !== undefined && chosen.length === 0 && !live.operations.has(cmd))
    throw new NetlinkError('ENOENT', undefined, { attr: 'CTRL_ATTR_OP' })
  if (chosen.length === 0) throw new NetlinkError('ENODATA')
  return messages(live, chosen, indexed(chosen))
}

function policiesOf(live: LiveFamily, policies: Policies): readonly OperationPolicies[] {
  const parts = { family: live.family, policies: { freebsd: policies, linux: policies } }
  return operationsOf(live.family).flatMap(([, operation]) => {
    if (!isRequest(operation)) return []
    const of = (mode: 'do' | 'dump'): PolicyTable | undefined =>
      hasPolicy(operation, mode) ? policyOf(parts, operation, mode, 'linux') : undefined
    const found = { cmd: operation.cmd, do: of('do'), dump: of('dump') }
    return found.do === undefined && found.dump === undefined ? [] : [found]
  })
}

/** Every policy that the operations reach, in the order of their indexes. */
function indexed(operations: readonly OperationPolicies[]): readonly PolicyTable[] {
  const known: PolicyTable[] = []
  const append = (policy: PolicyTable | undefined): void => {
    if (policy === undefined || known.includes(policy)) return
    known.push(policy)
    // Appended policies are scanned by the same loop.
    for (const each of known) {
      for (const entry of each.entries.values()) {
        const inner = entry.kind === 'nested' ? entry.inner() : undefined
        if (inner !== undefined && !known.includes(inner)) known.push(inner)
      }
    }
  }
  for (const operation of operations) {
    append(operation.do)
    append(operation.dump)
  }
  return known
}

function* messages(
  live: LiveFamily,
  operations: readonly OperationPolicies[],
  tables: readonly PolicyTable[],
): Iterable<CtrlAttrs> {
  const familyId = live.id
  const indexOf = (policy: PolicyTable): number => tables.indexOf(policy)
  for (const operation of operations) {
    const entry = {
      ...(operation.do === undefined ? {} : { do: indexOf(operation.do) }),
      ...(operation.dump === undefined ? {} : { dump: indexOf(operation.dump) }),
    }
    yield { familyId, opPolicy: new Map([[operation.cmd, entry]]) }
  }
  for (const [index, table] of tables.entries()) {
    const numbers = [...table.entries.keys()].sort((a, b) => a - b)
    for (const number of numbers) {
      const entry = table.entries.get(number)
      if (entry !== undefined)
        yield { familyId, policy: new Map([[index, new Map([[number, policyAttrsOf(entry, indexOf)]])]]) }
    }
  }
}
