import type { Abi } from '../model/abi.ts'
import { type Errno, errnoFallback, errnoRows } from './table.ts'

const names = Object.keys(errnoRows) as Errno[]
const column = { freebsd: 0, linux: 1 } as const

function numberToName(abi: Abi): readonly (Errno | undefined)[] {
  const table: (Errno | undefined)[] = []
  for (const name of names) {
    const number = errnoRows[name][column[abi]]
    if (number !== 0) table[number] = name
  }
  return table
}

const nameOf = { freebsd: numberToName('freebsd'), linux: numberToName('linux') }

/** The number of an errno in one ABI, positive. One that the system lacks becomes its nearest relative. */
export function errnoNumber(name: Errno, abi: Abi): number {
  const number = errnoRows[name][column[abi]]
  return number !== 0 ? number : errnoRows[errnoFallback[name] ?? 'EINVAL'][column[abi]]
}

/** The name of a positive errno number in one ABI, or `undefined` for a number without a name. */
export function errnoName(number: number, abi: Abi): Errno | undefined {
  return nameOf[abi][number]
}

/** The text of strerror(3) on FreeBSD. */
export function errnoText(name: Errno): string {
  return errnoRows[name][2]
}
