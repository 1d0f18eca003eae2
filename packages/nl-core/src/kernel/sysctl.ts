import { SocketError } from '../errno/errors.ts'

/** One limit: its default, its smallest value. Bytes. */
interface SysctlRow {
  readonly value: number
  readonly min: number
}

/**
 * Limits of socket buffers. FreeBSD: netlink(4), sys/netlink/netlink_domain.c and sbuf(9) defaults; Linux: socket(7).
 * 2304 is MSIZE + MCLBYTES, the smallest FreeBSD accepts for a maximum.
 */
export const sysctlRows = {
  'net.netlink.sendspace': { value: 65536, min: 0 },
  'net.netlink.recvspace': { value: 65536, min: 0 },
  'net.netlink.nl_maxsockbuf': { value: 536870912, min: 2304 },
  'kern.ipc.maxsockbuf': { value: 2097152, min: 2304 },
  'net.core.wmem_default': { value: 212992, min: 4608 },
  'net.core.rmem_default': { value: 212992, min: 2304 },
  'net.core.wmem_max': { value: 212992, min: 4608 },
  'net.core.rmem_max': { value: 212992, min: 2304 },
} as const satisfies Record<string, SysctlRow>

/** Name of a sysctl of the netlink subsystem. */
export type SysctlName = keyof typeof sysctlRows

/** A value per sysctl, bytes. */
export type SysctlValues = Record<SysctlName, number>

/** The sysctls of one kernel. */
export interface NetlinkSysctls {
  /** @throws SocketError ENOENT for a name that there is not */
  get(name: SysctlName): number
  /** Applies to sockets opened from now on. @throws SocketError ENOENT, EINVAL below the row's minimum */
  set(name: SysctlName, value: number): void
}

/** Makes the sysctls of a kernel. */
export function createSysctls(initial: Partial<SysctlValues> = {}): NetlinkSysctls {
  const values = new Map<SysctlName, number>()
  const sysctls: NetlinkSysctls = {
    get: name => values.get(name) ?? rowOf(name).value,
    set(name, value) {
      const { min } = rowOf(name)
      if (!Number.isInteger(value) || value < min) {
        throw new SocketError('EINVAL', `${name} must be an integer of at least ${min}, not ${value}`)
      }
      values.set(name, value)
    },
  }
  for (const [name, value] of Object.entries(initial)) sysctls.set(name as SysctlName, value)
  return sysctls
}

function rowOf(name: SysctlName): SysctlRow {
  if (Object.hasOwn(sysctlRows, name)) return sysctlRows[name]
  throw new SocketError('ENOENT', `there is no sysctl ${name}; there are ${Object.keys(sysctlRows).join(', ')}`)
}
