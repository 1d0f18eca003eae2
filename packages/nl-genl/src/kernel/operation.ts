import {
  GENL_ADMIN_PERM,
  GENL_CMD_CAP_DO,
  GENL_CMD_CAP_DUMP,
  GENL_CMD_CAP_HASPOL,
  GENL_UNS_ADMIN_PERM,
} from '../constants.ts'
import type { AnyRequestOperation } from '../messages.ts'
import { exchangeOf, type Mode } from '../messages.ts'

/** Whether requests of a mode are held against a policy; one that refuses everything counts. */
export function hasPolicy(operation: AnyRequestOperation, mode: Mode): boolean {
  const exchange = exchangeOf(operation, mode)
  if (exchange === undefined) return false
  return exchange.request !== undefined || exchange.validate !== 'none'
}

/** CTRL_ATTR_OP_FLAGS of an operation. Clients go by them: ethtool sends nothing whose mode is not listed. */
export function operationFlags(operation: AnyRequestOperation): number {
  let flags = 0
  if (operation.flags?.includes('admin-perm')) flags |= GENL_ADMIN_PERM
  if (operation.do !== undefined) flags |= GENL_CMD_CAP_DO
  if (operation.dump !== undefined) flags |= GENL_CMD_CAP_DUMP
  if (hasPolicy(operation, 'do') || hasPolicy(operation, 'dump')) flags |= GENL_CMD_CAP_HASPOL
  if (operation.flags?.includes('uns-admin-perm')) flags |= GENL_UNS_ADMIN_PERM
  return flags
}
