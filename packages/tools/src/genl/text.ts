import {
  CTRL_CMD_DELFAMILY,
  CTRL_CMD_GETFAMILY,
  CTRL_CMD_NEWFAMILY,
  type FamilyInfo,
  GENL_ADMIN_PERM,
  GENL_CMD_CAP_DO,
  GENL_CMD_CAP_DUMP,
  GENL_CMD_CAP_HASPOL,
  GENL_ID_CTRL,
} from '@nltool/nl-genl'
import { type BitNames, bitNames } from '../flag-names.ts'
import type { FamilyFormat } from './formats.ts'

/** A family as text, in a tool's layout. */
export const formatFamily: Readonly<Record<FamilyFormat, (family: FamilyInfo) => string>> = {
  freebsd: formatFreebsd,
  iproute2: formatIproute2,
  libnl: formatLibnl,
}

const hex = (value: number) => `0x${value.toString(16)}`
/** printf(3) `%#02x`: zero has no prefix. */
const hex2 = (value: number) => (value === 0 ? '00' : hex(value))

const freebsdWords: BitNames = [
  [GENL_ADMIN_PERM, 'requires admin permission'],
  [GENL_CMD_CAP_DO, 'can modify'],
  [GENL_CMD_CAP_DUMP, 'can get/dump'],
  [GENL_CMD_CAP_HASPOL, 'has policy'],
]

/** genl(1) of FreeBSD, with version and header size in their places: the original shows the version as header size. */
function formatFreebsd({ name, id, version, hdrsize, maxattr, ops, groups }: FamilyInfo): string {
  const lines = [
    `Name: ${name}`,
    `\tID: ${hex(id)}, Version: ${hex2(version)}, header size: ${hdrsize}, max attributes: ${maxattr}`,
  ]
  if (ops.length > 0) lines.push('\tsupported operations: ')
  for (const { cmd, flags } of ops) {
    const words = bitNames(flags, freebsdWords)
    lines.push(
      `\t  - ID: ${hex2(cmd)}, Capabilities: ${hex2(flags)}${words.length === 0 ? '' : ` (${words.join('; ')})`}`,
    )
  }
  if (groups.length > 0) lines.push('\tmulticast groups: ')
  for (const group of groups) lines.push(`\t  - ID: ${hex2(group.id)}, Name: ${group.name}`)
  return `${lines.join('\n')}\n`
}

const iproute2Words: BitNames = [
  [GENL_ADMIN_PERM, 'requires admin permission'],
  [GENL_CMD_CAP_DO, 'can doit'],
  [GENL_CMD_CAP_DUMP, 'can dumpit'],
  [GENL_CMD_CAP_HASPOL, 'has policy'],
]

/** `genl ctrl list` of iproute2. */
function formatIproute2({ name, id, version, hdrsize, maxattr, ops, groups }: FamilyInfo): string {
  const head = `\nName: ${name}\n\tID: ${hex(id)}  Version: ${hex(version)}  header size: ${hdrsize}  max attribs: ${maxattr} \n`
  const commands = ops.map(({ cmd, flags }, i) => {
    const words = bitNames(flags, iproute2Words)
    const listed = words.map(word => ` ${word}`).join(';')
    return `\t\t#${i + 1}:  ID-${hex(cmd)} \n\t\tCapabilities (${hex(flags)}):\n \t\t${` ${listed}`.replace(/^ {2}/, '  ')}\n\n`
  })
  const listed = groups.map((group, i) => `\t\t#${i + 1}:  ID-${hex(group.id)}  name: ${group.name} \n`)
  return [
    head,
    ...(commands.length === 0 ? [] : ['\tcommands supported: \n', ...commands, '\n']),
    ...(listed.length === 0 ? [] : ['\tmulticast groups:\n', ...listed, '\n']),
  ].join('')
}

const libnlWords: BitNames = [
  [GENL_ADMIN_PERM, 'admin_perm'],
  [GENL_CMD_CAP_DO, 'has_doit'],
  [GENL_CMD_CAP_DUMP, 'has_dump'],
  [GENL_CMD_CAP_HASPOL, 'has_policy'],
]

/** Operations that libnl knows by name: those of nlctrl only. */
const libnlOperations: ReadonlyMap<number, string> = new Map([
  [CTRL_CMD_NEWFAMILY, 'NEWFAMILY'],
  [CTRL_CMD_DELFAMILY, 'DELFAMILY'],
  [CTRL_CMD_GETFAMILY, 'GETFAMILY'],
  [4, 'NEWOPS'],
  [5, 'DELOPS'],
])

/** `genl-ctrl-list -d` of libnl. */
function formatLibnl({ name, id, version, hdrsize, maxattr, ops, groups }: FamilyInfo): string {
  const two = (value: number) => `0x${value.toString(16).padStart(2, '0')}`
  const lines = [
    `0x${id.toString(16).padStart(4, '0')} ${name} version ${version}`,
    `    hdrsize ${hdrsize} maxattr ${maxattr}`,
  ]
  for (const { cmd, flags } of ops) {
    const known = id === GENL_ID_CTRL ? libnlOperations.get(cmd) : undefined
    const words = bitNames(flags, libnlWords)
    lines.push(`      op ${known ?? 'unknown'} (${two(cmd)})${flags === 0 ? '' : ` <${words.join(',')}>`}`)
  }
  for (const group of groups) lines.push(`      grp ${group.name} (${two(group.id)})`)
  return `${lines.join('\n')}\n`
}

/** A family as JSON: the names and forms of iproute2's `genl -j`. */
export interface FamilyJson {
  readonly family: string
  /** `0x10`. */
  readonly id: string
  readonly version: string
  readonly header_size: number
  readonly max_attr: number
  readonly operations: readonly { readonly id: string; readonly capabilities: readonly string[] }[]
  readonly mcast: readonly { readonly id: string; readonly name: string }[]
}

const jsonWords: BitNames = [
  [GENL_ADMIN_PERM, 'admin'],
  [GENL_CMD_CAP_DO, 'do'],
  [GENL_CMD_CAP_DUMP, 'dump'],
  [GENL_CMD_CAP_HASPOL, 'policy'],
]

/** A family in the shape of `--json`. */
export function familyJson({ name, id, version, hdrsize, maxattr, ops, groups }: FamilyInfo): FamilyJson {
  return {
    family: name,
    id: hex(id),
    version: hex(version),
    header_size: hdrsize,
    max_attr: maxattr,
    operations: ops.map(({ cmd, flags }) => ({ id: hex(cmd), capabilities: bitNames(flags, jsonWords) })),
    mcast: groups.map(group => ({ id: hex(group.id), name: group.name })),
  }
}
