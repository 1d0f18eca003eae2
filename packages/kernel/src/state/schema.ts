import {
  attributeSet,
  body,
  bytes,
  custom,
  flag,
  type Infer,
  i32,
  ip,
  nested,
  nulString,
  string,
  struct,
  structs,
  u8,
  u32,
  u32s,
  u64s,
} from '@nltool/nl-core/wire'
import { addrTypes, linkTypes, routeTypes } from '@nltool/nl-route'

/**
 * The records of a state file. Objects that have a netlink message are written as that message (FreeBSD ABI, lifetimes
 * counted from boot) with a nest of what it does not carry. Only additions at the end of a set keep the version.
 */

/** `nlmsg_type` of each record. Objects have the type of their message. */
export const stateTypes = {
  STATE_KERNEL: 0x5302,
  STATE_SYSCTL: 0x5303,
  STATE_VNET: 0x5304,
  STATE_SLOTS: 0x5305,
  STATE_CLONE: 0x5306,
  STATE_GROUP: 0x5307,
  STATE_KNHOP: 0x5308,
  STATE_KNHGRP: 0x5309,
  RTM_NEWLINK: linkTypes.RTM_NEWLINK,
  RTM_NEWADDR: addrTypes.RTM_NEWADDR,
  RTM_NEWROUTE: routeTypes.RTM_NEWROUTE,
} as const

/** Name of a record type. */
export type StateType = keyof typeof stateTypes

/** A double, IEEE 754: milliseconds have fractions, and a file that was loaded must be written back the same. */
const f64 = custom<number>('f64', {
  decode: payload => {
    if (payload.length !== 8) throw new RangeError(`${payload.length} bytes are no double`)
    return new DataView(payload.buffer, payload.byteOffset, 8).getFloat64(0, true)
  },
  encode: value => {
    const payload = new Uint8Array(8)
    new DataView(payload.buffer).setFloat64(0, value, true)
    return payload
  },
})

/** What stands before the attributes of every record: the network stack it belongs to. */
const head = struct('state', { vnet: u32 })

export const kernelRecord = body(
  head,
  attributeSet({
    STATE_PERSONALITY: [1, 'personality', nulString({ max: 15 })],
    STATE_FIBS: [2, 'fibs', u32],
    STATE_BOOT_AT: [3, 'bootAt', f64], // milliseconds since the Unix epoch; all other times are uptimes in milliseconds
    STATE_ADD_ADDR_ALLFIBS: [4, 'addAddrAllFibs', flag],
  }),
  { name: 'STATE_KERNEL' },
)

export const sysctlRecord = body(
  head,
  attributeSet({ STATE_NAME: [1, 'name', nulString()], STATE_VALUE: [2, 'value', u32] }),
  { name: 'STATE_SYSCTL' },
)

export const vnetRecord = body(head, attributeSet({ STATE_NAME: [1, 'name', nulString({ max: 64 })] }), {
  name: 'STATE_VNET',
})

/** How often each interface index was given back, from `first` on. */
export const slotsRecord = body(
  head,
  attributeSet({ STATE_FIRST: [1, 'first', u32], STATE_GENERATIONS: [2, 'generations', u64s] }),
  { name: 'STATE_SLOTS' },
)

export const cloneRecord = body(
  head,
  attributeSet({
    STATE_CLONER: [1, 'cloner', nulString({ max: 15 })],
    STATE_UNIT: [2, 'unit', u32],
    STATE_INDEXES: [3, 'indexes', u32s],
    STATE_PARAMS: [4, 'params', string()], // JSON
  }),
  { name: 'STATE_CLONE' },
)

/** Members of an interface group in order of joining; a long list goes on in the next record of the same name. */
export const groupRecord = body(
  head,
  attributeSet({ STATE_NAME: [1, 'name', nulString({ max: 15 })], STATE_MEMBERS: [2, 'members', u32s] }),
  { name: 'STATE_GROUP' },
)

const multicastAttrs = attributeSet({
  STATE_GROUP: [1, 'group', ip],
  STATE_LLGROUP: [2, 'llgroup', bytes({ max: 32 })],
  STATE_COUNT: [3, 'count', u32],
})

const linkState = attributeSet({
  STATE_HOME: [1, 'home', u32],
  STATE_MOVES: [2, 'moves', u32],
  STATE_FLAGS: [3, 'flags', u32],
  STATE_DRV_FLAGS: [4, 'drvFlags', u32],
  STATE_LINK_STATE: [5, 'linkState', u8],
  STATE_MULTICAST: [6, 'multicast', nested(multicastAttrs), { multi: true }],
  STATE_COUNTERS: [7, 'counters', u64s],
  STATE_ATTACHED_AT: [8, 'attachedAt', f64],
  STATE_LAST_CHANGE: [9, 'lastChange', f64],
  STATE_ALLMULTI: [10, 'allmulti', u32],
})

/** Interfaces, in the order in which they were attached to their network stack. */
export const linkRecord = body(
  head,
  attributeSet({ STATE_MESSAGE: [1, 'message', bytes()], STATE_NEST: [2, 'state', nested(linkState)] }),
  { name: 'RTM_NEWLINK' },
)

const addrState = attributeSet({
  STATE_FLAGS: [1, 'flags', u32],
  STATE_DESTINATION: [2, 'destination', ip],
  STATE_PREFERRED_UNTIL: [3, 'preferredUntil', f64],
  STATE_VALID_UNTIL: [4, 'validUntil', f64],
  STATE_CREATED_AT: [5, 'createdAt', f64],
  STATE_UPDATED_AT: [6, 'updatedAt', f64],
  STATE_EXTRA: [7, 'extra', string()], // JSON
})

/** Addresses, in the order in which they were added to their interface. */
export const addrRecord = body(
  head,
  attributeSet({ STATE_MESSAGE: [1, 'message', bytes()], STATE_NEST: [2, 'state', nested(addrState)] }),
  { name: 'RTM_NEWADDR' },
)

/** A kernel nexthop: what routes share, under the index that NL_RTA_KNH_ID shows. */
export const knhopRecord = body(
  head,
  attributeSet({
    STATE_INDEX: [1, 'index', u32],
    STATE_FAMILY: [2, 'family', u32],
    STATE_GATEWAY: [3, 'gateway', ip],
    STATE_IFINDEX: [4, 'ifindex', u32],
    STATE_AIFINDEX: [5, 'aifindex', u32],
    STATE_SOURCE: [6, 'source', ip],
    STATE_FLAGS: [7, 'flags', u32],
    STATE_MTU: [8, 'mtu', u32],
    STATE_ORIGIN: [9, 'origin', u32],
    STATE_EXPIRES: [10, 'expires', u32], // seconds since the Unix epoch
    STATE_TYPE: [11, 'type', u32],
    STATE_PRIORITY: [12, 'priority', u32],
    STATE_NHID: [13, 'nhid', u32],
  }),
  { name: 'STATE_KNHOP' },
)

export const knhgrpRecord = body(
  head,
  attributeSet({
    STATE_INDEX: [1, 'index', u32],
    STATE_MEMBERS: [2, 'members', structs(struct('state_member', { nexthop: u32, weight: u32 }))],
  }),
  { name: 'STATE_KNHGRP' },
)

const routeState = attributeSet({
  STATE_TARGET: [1, 'target', i32], // index of a nexthop, negative of a group
  STATE_WEIGHT: [2, 'weight', u32], // 1 if absent
  STATE_DST: [3, 'dst', ip], // where it is not RTA_DST: with the scope of a link-local prefix
})

/** Routes by fib, family and address. */
export const routeRecord = body(
  head,
  attributeSet({ STATE_MESSAGE: [1, 'message', bytes()], STATE_NEST: [2, 'state', nested(routeState)] }),
  { name: 'RTM_NEWROUTE' },
)

export interface LinkState extends Infer<typeof linkState> {}
export interface AddrState extends Infer<typeof addrState> {}
export interface RouteState extends Infer<typeof routeState> {}
