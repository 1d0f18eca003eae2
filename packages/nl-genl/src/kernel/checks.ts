import { NetlinkError } from '@nltool/nl-core/errno'
import { GENL_NAMSIZ } from '../constants.ts'
import type { AnyFamily } from '../family.ts'
import { type AnyRequestOperation, isRequest, operationsOf } from '../messages.ts'

const hdrsizeMax = 4096

/** Groups that fit one CTRL_ATTR_MCAST_GROUPS, whose length is 16 bits wide: 32 bytes for one with the longest name. */
export const familyGroupsMax = 2047

const encoder = new TextEncoder()

/**
 * Refuses a definition that no kernel could serve, before anything of it is registered.
 * @throws NetlinkError EINVAL with what is wrong
 */
export function checkFamily(family: AnyFamily): void {
  const faults = [
    nameFault('family name', family.name),
    family.name.includes('/') ? `family name '${family.name}' contains '/'` : undefined,
    isByte(family.version) ? undefined : `version ${family.version} is not within 0..255`,
    (family.header?.size ?? 0) <= hdrsizeMax ? undefined : `fixed header is longer than ${hdrsizeMax} bytes`,
    Object.keys(family.groups).length <= familyGroupsMax ? undefined : `it has more than ${familyGroupsMax} groups`,
    ...Object.keys(family.groups).map(group => nameFault('group name', group)),
    ...operationFaults(family),
  ]
  const fault = faults.find(text => text !== undefined)
  if (fault !== undefined) throw new NetlinkError('EINVAL', `${family.name}: ${fault}`)
}

/** What is wrong with the name of a family or group; `undefined` if nothing is. */
export function nameFault(what: string, name: string): string | undefined {
  if (name === '') return `${what} is empty`
  if (name.includes('\0')) return `${what} contains NUL`
  if (encoder.encode(name).length >= GENL_NAMSIZ) return `${what} '${name}' is longer than ${GENL_NAMSIZ - 1} bytes`
  return undefined
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255
}

function operationFaults(family: AnyFamily): readonly (string | undefined)[] {
  const commands = new Set<number>()
  return operationsOf(family).flatMap(([name, operation]) => {
    const twice = commands.has(operation.cmd)
    commands.add(operation.cmd)
    return [
      isByte(operation.cmd) ? undefined : `command ${operation.cmd} of ${name} is not within 0..255`,
      twice ? `command ${operation.cmd} is given twice` : undefined,
      isRequest(operation) ? requestFault(family, name, operation) : undefined,
    ]
  })
}

function requestFault(family: AnyFamily, name: string, operation: AnyRequestOperation): string | undefined {
  if (operation.do === undefined && operation.dump === undefined) return `${name} has neither do nor dump`
  const lenient = [operation.do, operation.dump].some(
    exchange => exchange?.validate !== undefined && exchange.validate !== 'strict',
  )
  if (lenient && operation.cmd >= (family.resvStartOp ?? 0))
    return `${name} has lenient validation, but command ${operation.cmd} is not below resvStartOp`
  return undefined
}
