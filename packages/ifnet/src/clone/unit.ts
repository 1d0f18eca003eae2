import { NetlinkError } from '@nltool/nl-core/errno'
import type { VnetId } from '@nltool/nl-core/model'
import { IF_MAXUNIT } from '../constants.ts'
import { nameTaken } from '../life/rename.ts'
import type { NetState } from '../net-state.ts'
import { createIdSet, type IdSet } from '../table/id-set.ts'
import type { Cloner } from './clone.ts'
import type { ClonerState } from './clone-state.ts'

/** Names of the interfaces of a unit. */
export function namesOf(cloner: Cloner, unit: number): readonly [string, ...string[]] {
  return cloner.names?.(unit) ?? [`${cloner.name}${unit}`]
}

/** Whether a name asks for a cloner. */
export function matches(cloner: Cloner, name: string): boolean {
  if (cloner.match !== undefined) return cloner.match(name)
  if (!name.startsWith(cloner.name)) return false
  const [digits = ''] = /^\d*/.exec(name.slice(cloner.name.length)) ?? []
  if (digits.length === name.length - cloner.name.length) return true
  return digits !== '' && namesOf(cloner, Number(digits)).includes(name)
}

/** Whether a name is of the cloner's own pattern (em0.10 of a VLAN): it is the interface's name as it stands. */
export function isOwnName(cloner: Cloner, name: string): boolean {
  return cloner.match !== undefined && !(name.startsWith(cloner.name) && /^\d*$/.test(name.slice(cloner.name.length)))
}

/** The unit that a name asks for, or `undefined` for any. @throws NetlinkError EINVAL (`ifc_name2unit`). */
export function parseUnit(cloner: Cloner, name: string): number | undefined {
  const rest = name.slice(cloner.name.length)
  if (rest === '' || isOwnName(cloner, name)) return undefined
  const [digits = ''] = /^\d*/.exec(rest) ?? []
  const unit = Number(digits)
  if (digits === '' || unit > 0x7fffffff || (digits.startsWith('0') && digits.length > 1)) {
    throw new NetlinkError('EINVAL', `${name} does not end in a unit number`)
  }
  if (digits !== rest && !namesOf(cloner, unit).includes(name)) {
    throw new NetlinkError('EINVAL', `${name} does not end in a unit number`)
  }
  return unit
}

/** Units in use in a network stack. */
export function unitsOf(state: ClonerState, vnet: VnetId): IdSet {
  let units = state.units.get(vnet)
  if (units === undefined) {
    units = createIdSet(state.cloner.maxUnit ?? IF_MAXUNIT)
    state.units.set(vnet, units)
  }
  return units
}

/**
 * Takes a unit: the one asked for, or the lowest one none of whose interface names is in use (a renamed interface may
 * have one). @throws NetlinkError ENOSPC if there is none or it is above the limit, EEXIST if unit or name is taken.
 */
export function takeUnit(state: ClonerState, net: NetState, wanted: number | undefined): number {
  const { cloner } = state
  const max = cloner.maxUnit ?? IF_MAXUNIT
  const units = unitsOf(state, net.vnet)
  const nameInUse = (unit: number): boolean => namesOf(cloner, unit).some(name => nameTaken(net, name))
  if (wanted !== undefined) {
    if (wanted > max) throw new NetlinkError('ENOSPC', `the highest unit of ${cloner.name} is ${max}`)
    if (units.has(wanted) || nameInUse(wanted)) {
      throw new NetlinkError('EEXIST', `${namesOf(cloner, wanted).join(' or ')} exists`)
    }
    units.add(wanted)
    return wanted
  }
  let unit = units.lowestFree(0)
  while (unit !== undefined && nameInUse(unit)) unit = units.lowestFree(unit + 1)
  if (unit === undefined) throw new NetlinkError('ENOSPC', `all units of ${cloner.name} are in use`)
  units.add(unit)
  return unit
}
