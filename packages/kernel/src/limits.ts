import { SocketError } from '@nltool/nl-core/errno'
import { PID_MAX } from './process/pids.ts'
import type { KernelLimits } from './types.ts'

/** Each limit: default, smallest, largest. */
const rows: { readonly [name in keyof KernelLimits]: readonly [standard: number, min: number, max: number] } = {
  descriptorsMax: [65536, 4, 1 << 24],
  processesMax: [PID_MAX, 1, 1 << 24],
  closeMs: [5000, 0, 0x7fffffff],
}

/** Fills in what is left out. @throws SocketError EINVAL for a value out of range */
export function limitsOf(given: Partial<KernelLimits> = {}): KernelLimits {
  const value = (name: keyof KernelLimits): number => {
    const [standard, min, max] = rows[name]
    return inRange(`limits.${name}`, given[name] ?? standard, min, max)
  }
  return {
    descriptorsMax: value('descriptorsMax'),
    processesMax: value('processesMax'),
    closeMs: value('closeMs'),
  }
}

/** `net.fibs`. @throws SocketError EINVAL */
export function fibsOf(fibs = 1): number {
  return inRange('fibs', fibs, 1, 65535)
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new SocketError('EINVAL', `${name} is ${value}: a whole number from ${min} to ${max} is needed`)
}
