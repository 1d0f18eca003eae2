import { SocketError } from '../../errno/errors.ts'
import type { OptionValue } from './netlink-socket.ts'

/** `struct timeval` of 64-bit systems: seconds and microseconds, 8 bytes each. */
export const timevalSize = 16

/** The time of SO_RCVTIMEO and SO_SNDTIMEO: a number is milliseconds already. @throws SocketError EINVAL, EDOM */
export function millisecondsOf(value: number | Uint8Array): number {
  if (typeof value === 'number') return Math.max(value, 0)
  if (value.length < timevalSize) throw new SocketError('EINVAL', `a timeval of ${value.length} bytes, not 16`)
  const view = new DataView(value.buffer, value.byteOffset, timevalSize)
  const seconds = Number(view.getBigInt64(0, true))
  const microseconds = Number(view.getBigInt64(8, true))
  if (microseconds < 0 || microseconds >= 1_000_000) throw new SocketError('EDOM', `${microseconds} microseconds`)
  return Math.max(seconds * 1000 + microseconds / 1000, 0)
}

/** Milliseconds as getsockopt(2) writes them into a buffer of `size` bytes. */
export function timeValue(milliseconds: number, size: number): OptionValue {
  const bytes = new Uint8Array(timevalSize)
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, BigInt(Math.trunc(milliseconds / 1000)), true)
  view.setBigInt64(8, BigInt(Math.round((milliseconds % 1000) * 1000)), true)
  const fits = bytes.subarray(0, size)
  return { bytes: fits, length: fits.length, value: milliseconds }
}
