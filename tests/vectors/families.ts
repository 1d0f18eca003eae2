import { NetlinkError } from '@nltool/nl-core/errno'
import {
  type AttributeSetSpec,
  attributeSet,
  body,
  frameOf,
  type Infer,
  messages,
  nested,
  nulString,
  range,
  u32,
} from '@nltool/nl-core/wire'
import {
  ctrlAttrs,
  defineFamily,
  GENL_ADMIN_PERM,
  GENL_CMD_CAP_DO,
  GENL_CMD_CAP_DUMP,
  GENL_CMD_CAP_HASPOL,
  GENL_UNS_ADMIN_PERM,
  genlmsghdr,
} from '@nltool/nl-genl'
import { type FamilyModule, serveFamily } from '@nltool/nl-genl/kernel'
import { vectorNamed } from './load.ts'

/**
 * The families of the kernel that answered the captured programs, as far as its list tells, and what the captured requests
 * reach of their policies. Their handlers answer nothing.
 */

type Described = Infer<typeof ctrlAttrs>

const headerSet = attributeSet({
  ETHTOOL_A_HEADER_DEV_INDEX: [1, 'devIndex', u32],
  ETHTOOL_A_HEADER_DEV_NAME: [2, 'devName', nulString({ max: 15 })],
  ETHTOOL_A_HEADER_FLAGS: [3, 'flags', u32],
})

/** The attributes of each family's requests that a captured program sends. */
const sets: { readonly [family: string]: AttributeSetSpec } = {
  netdev: attributeSet({ NETDEV_A_DEV_IFINDEX: [1, 'ifindex', range(u32, { min: 1 })] }),
  ethtool: attributeSet({ ETHTOOL_A_HEADER: [1, 'header', nested(headerSet, { flagged: true })] }),
}
const someSet = attributeSet({ X: [1, 'x', u32] })

/** The families that the kernel listed. */
function listed(): Described[] {
  const [datagram] = vectorNamed('iproute2-list-dump').recv
  if (datagram === undefined) throw new TypeError('the list is empty')
  const schema = body(genlmsghdr, ctrlAttrs)
  return [...messages(frameOf(datagram))]
    .filter(({ type }) => type === 16)
    .map(({ start, end }) => schema.decode(datagram.slice(start, end), 'linux').attrs)
}

/** Families that the kernel had and did not list, because they are not to be seen outside the initial namespace. */
const hidden: readonly Described[] = [
  { familyId: 19, familyName: 'hidden-19', mcastGroups: [{ name: 'a' }, { name: 'b' }] }, // groups 2 and 3
  { familyId: 22, familyName: 'NLBL_MGMT', mcastGroups: [{ name: 'c' }] }, // group 7
  ...[23, 24, 25, 26].map(familyId => ({ familyId, familyName: `hidden-${familyId}` })),
]

function operation(set: AttributeSetSpec, cmd: number, flags: number) {
  const properties = set.attributes.map(({ property }) => property)
  const exchange = (flags & GENL_CMD_CAP_HASPOL) !== 0 ? { request: properties } : { validate: 'none' as const }
  const privileges = [
    ...((flags & GENL_ADMIN_PERM) !== 0 ? ['admin-perm' as const] : []),
    ...((flags & GENL_UNS_ADMIN_PERM) !== 0 ? ['uns-admin-perm' as const] : []),
  ]
  return {
    cmd,
    set: 'set' as const,
    flags: privileges,
    ...((flags & GENL_CMD_CAP_DO) !== 0 ? { do: exchange } : {}),
    ...((flags & GENL_CMD_CAP_DUMP) !== 0 ? { dump: exchange } : {}),
  }
}

function familyModule(described: Described, netns: boolean): FamilyModule {
  const { familyName = '', version = 1, maxattr = 0, ops = [], mcastGroups = [] } = described
  const set: AttributeSetSpec = sets[familyName] ?? someSet
  const strict = sets[familyName] !== undefined
  const definition = defineFamily({
    name: familyName,
    version,
    maxattr,
    netns,
    resvStartOp: strict ? 0 : 256,
    groups: Object.fromEntries(mcastGroups.map(({ name = '' }) => [name, {}])),
    sets: { set },
    ops: Object.fromEntries(ops.map(({ id = 0, flags = 0 }) => [`op${id}`, operation(set, id, flags)])),
  })
  const missing = (): never => {
    throw new NetlinkError('EINVAL', undefined, { missType: 1 })
  }
  return serveFamily(definition, () => (familyName === 'netdev' ? { op1: { do: missing } } : {}))
}

/** The captured kernel's families, in the order of their ids from 19 on. */
export function capturedFamilies(): FamilyModule[] {
  const seen = listed()
    .filter(({ familyName }) => familyName !== 'nlctrl')
    .map(described => ({ described, netns: true }))
  const unseen = hidden.map(described => ({ described, netns: false }))
  return [...seen, ...unseen]
    .sort((a, b) => (a.described.familyId ?? 0) - (b.described.familyId ?? 0))
    .map(({ described, netns }) => familyModule(described, netns))
}
