import { type Fault, NetlinkError } from '../errno/errors.ts'

/**
 * An attribute that a request must have.
 * @throws NetlinkError EINVAL, text `<name> not set` as FreeBSD's handlers word it; `fault` adds what Linux reports,
 * the number of the missing attribute (`missType`) and the nest that lacks it.
 */
export function required<T>(value: T | undefined, name: string, fault?: Fault): T {
  if (value === undefined) throw new NetlinkError('EINVAL', `${name} not set`, fault)
  return value
}
