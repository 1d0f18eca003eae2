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
  uint,
  uintWithin,
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
  ethtool: attributeSet({ ETHTOOL_A_HEADER: [1, 'header', nested(headerSet, { flagged: true })] }),
}
/** The part of the attributes of a queue that names one. */
const queueIdSet = attributeSet({
  NETDEV_A_QUEUE_ID: [1, 'id', u32],
  NETDEV_A_QUEUE_TYPE: [3, 'type', range(u32, { max: 1 })],
})
const someSet = attributeSet({ X: [1, 'x', u32] })

const ifindex = range(u32, { min: 1 })

/** The family netdev of Linux, as far as its policies go (Documentation/netlink/specs/netdev.yaml). */
const netdev = defineFamily({
  name: 'netdev',
  version: 1,
  netns: true,
  groups: { mgmt: {}, 'page-pool': {} },
  sets: {
    dev: attributeSet({ NETDEV_A_DEV_IFINDEX: [1, 'ifindex', ifindex] }),
    pagePool: attributeSet({ NETDEV_A_PAGE_POOL_ID: [1, 'id', uintWithin({ min: 1n, max: 0xffff_ffffn })] }),
    queue: attributeSet({
      NETDEV_A_QUEUE_ID: [1, 'id', u32],
      NETDEV_A_QUEUE_IFINDEX: [2, 'ifindex', ifindex],
      NETDEV_A_QUEUE_TYPE: [3, 'type', range(u32, { max: 1 })],
    }),
    napi: attributeSet({
      NETDEV_A_NAPI_IFINDEX: [1, 'ifindex', ifindex],
      NETDEV_A_NAPI_ID: [2, 'id', u32],
      NETDEV_A_NAPI_DEFER_HARD_IRQS: [5, 'deferHardIrqs', range(u32, { max: 0x7fff_ffff })],
      NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT: [6, 'groFlushTimeout', uint],
      NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT: [7, 'irqSuspendTimeout', uint],
      NETDEV_A_NAPI_THREADED: [8, 'threaded', range(u32, { max: 1 })],
    }),
    qstats: attributeSet({
      NETDEV_A_QSTATS_IFINDEX: [1, 'ifindex', ifindex],
      NETDEV_A_QSTATS_SCOPE: [4, 'scope', uintWithin({ mask: 1n })],
    }),
    dmabuf: attributeSet({
      NETDEV_A_DMABUF_IFINDEX: [1, 'ifindex', ifindex],
      NETDEV_A_DMABUF_QUEUES: [2, 'queues', nested(queueIdSet, { flagged: true })],
      NETDEV_A_DMABUF_FD: [3, 'fd', u32],
    }),
  },
  ops: {
    'dev-get': { cmd: 1, set: 'dev', do: { request: ['ifindex'] }, dump: {} },
    'page-pool-get': { cmd: 5, set: 'pagePool', do: { request: ['id'] }, dump: {} },
    'queue-get': { cmd: 10, set: 'queue', do: { request: ['id', 'ifindex', 'type'] }, dump: { request: ['ifindex'] } },
    'napi-get': { cmd: 11, set: 'napi', do: { request: ['id'] }, dump: { request: ['ifindex'] } },
    'qstats-get': { cmd: 12, set: 'qstats', dump: { request: ['ifindex', 'scope'] } },
    'bind-rx': { cmd: 13, set: 'dmabuf', flags: ['admin-perm'], do: { request: ['ifindex', 'queues', 'fd'] } },
    'napi-set': {
      cmd: 14,
      set: 'napi',
      flags: ['admin-perm'],
      do: { request: ['id', 'deferHardIrqs', 'groFlushTimeout', 'irqSuspendTimeout', 'threaded'] },
    },
    'bind-tx': { cmd: 15, set: 'dmabuf', do: { request: ['ifindex', 'fd'] } },
  },
})

/** The handlers of netdev: none has anything to say, but that a device must be named. */
const netdevModule: FamilyModule = serveFamily(netdev, () => {
  const nothing = { do: () => undefined, dump: () => [] }
  const devGet = {
    ...nothing,
    do(): never {
      throw new NetlinkError('EINVAL', undefined, { missType: 1 })
    },
  }
  return {
    'dev-get': devGet,
    'page-pool-get': nothing,
    'queue-get': nothing,
    'napi-get': nothing,
    'qstats-get': nothing,
    'bind-rx': nothing,
    'napi-set': nothing,
    'bind-tx': nothing,
  }
})

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
  return serveFamily(definition, () => ({}))
}

/** The captured kernel's families, in the order of their ids from 19 on. */
export function capturedFamilies(): FamilyModule[] {
  const seen = listed()
    .filter(({ familyName }) => familyName !== 'nlctrl')
    .map(described => ({ described, netns: true }))
  const unseen = hidden.map(described => ({ described, netns: false }))
  return [...seen, ...unseen]
    .sort((a, b) => (a.described.familyId ?? 0) - (b.described.familyId ?? 0))
    .map(({ described, netns }) =>
      described.familyName === netdev.name ? netdevModule : familyModule(described, netns),
    )
}
