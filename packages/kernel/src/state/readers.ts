import { IF_MAXINDEX, type LinkState as IfLinkState, type InetAddr, type SavedClone } from '@nltool/ifnet'
import { type SysctlName, sysctlRows } from '@nltool/nl-core/kernel'
import type { IpAddress, VnetId } from '@nltool/nl-core/model'
import { type Body, frameOf } from '@nltool/nl-core/wire'
import { addrBody, linkBody } from '@nltool/nl-route'
import { need, refuse, type StateDraft, type VnetDraft } from './model.ts'
import * as schema from './schema.ts'

/** Adds what a record says to the draft, or throws what is wrong with it. `number` counts the records. */
type Reader<A> = (draft: StateDraft, vnet: number, attrs: A, number: number) => void

/** How one type of record is read. */
export interface RecordReader {
  readonly name: string
  read(draft: StateDraft, decode: <T>(body: Body<T>) => T, number: number): void
}

/** The attributes of a record. */
type AttrsOf<R> = R extends Body<infer T> ? (T extends { readonly attrs: infer A } ? A : never) : never

interface Headed<A> {
  readonly header: { readonly vnet: number }
  readonly attrs: A
}

function reader<A>(body: Body<Headed<A>>, read: Reader<A>): RecordReader {
  return {
    name: body.name,
    read(draft, decode, number) {
      const { header, attrs } = decode(body)
      read(draft, header.vnet, attrs, number)
    },
  }
}

function vnetOf(draft: StateDraft, vnet: number): VnetDraft {
  return draft.vnets.get(vnet) ?? refuse(`network stack ${vnet} has not been declared`)
}

function jsonOf(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown)
}

const { stateTypes: types } = schema

/** Readers by record type. */
export const recordReaders: ReadonlyMap<number, RecordReader> = new Map([
  [types.STATE_KERNEL, reader(schema.kernelRecord, readKernel)],
  [types.STATE_SYSCTL, reader(schema.sysctlRecord, readSysctl)],
  [types.STATE_VNET, reader(schema.vnetRecord, readVnet)],
  [types.STATE_SLOTS, reader(schema.slotsRecord, readSlots)],
  [types.STATE_CLONE, reader(schema.cloneRecord, readClone)],
  [types.RTM_NEWLINK, reader(schema.linkRecord, readLink)],
  [types.RTM_NEWADDR, reader(schema.addrRecord, readAddress)],
  [types.STATE_GROUP, reader(schema.groupRecord, readGroup)],
  [types.STATE_KNHOP, reader(schema.knhopRecord, readNexthop)],
  [types.STATE_KNHGRP, reader(schema.knhgrpRecord, readNexthopGroup)],
  // Routes are many: they are decoded when they are loaded.
  [
    types.RTM_NEWROUTE,
    reader(schema.routeRecord, (draft, vnet, _attrs, number) => void vnetOf(draft, vnet).routes.push(number)),
  ],
])

function readKernel(draft: StateDraft, _vnet: number, attrs: AttrsOf<typeof schema.kernelRecord>): void {
  if (draft.kernel !== undefined) refuse('the kernel is described twice')
  const fibs = need(attrs.fibs, 'STATE_FIBS')
  if (fibs < 1 || fibs > 65535) refuse(`${fibs} fibs`)
  draft.kernel = {
    personality: need(attrs.personality, 'STATE_PERSONALITY'),
    fibs,
    bootAt: need(attrs.bootAt, 'STATE_BOOT_AT'),
    addAddrAllFibs: attrs.addAddrAllFibs === true,
  }
}

function readSysctl(draft: StateDraft, _vnet: number, attrs: AttrsOf<typeof schema.sysctlRecord>): void {
  const name = need(attrs.name, 'STATE_NAME')
  const value = need(attrs.value, 'STATE_VALUE')
  const row = Object.hasOwn(sysctlRows, name) ? sysctlRows[name as SysctlName] : refuse(`there is no sysctl ${name}`)
  if (value < row.min) refuse(`${name} is ${value}, less than ${row.min}`)
  draft.sysctls.set(name, value)
}

function readVnet(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.vnetRecord>): void {
  if (draft.vnets.has(vnet)) refuse(`network stack ${vnet} is declared twice`)
  draft.vnets.set(vnet, {
    id: vnet as VnetId,
    name: need(attrs.name, 'STATE_NAME'),
    names: new Set(),
    list: [],
    groups: new Map(),
    nexthops: new Map(),
    nhgrps: new Map(),
    routes: [],
  })
}

function readSlots(draft: StateDraft, _vnet: number, attrs: AttrsOf<typeof schema.slotsRecord>): void {
  const first = need(attrs.first, 'STATE_FIRST')
  if (first !== draft.generations.length + 1) refuse(`slots go on with ${first} after ${draft.generations.length}`)
  draft.generations.push(...need(attrs.generations, 'STATE_GENERATIONS').map(Number))
}

function readClone(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.cloneRecord>): void {
  const clone: SavedClone = {
    cloner: need(attrs.cloner, 'STATE_CLONER'),
    vnet: vnetOf(draft, vnet).id,
    unit: need(attrs.unit, 'STATE_UNIT'),
    indexes: need(attrs.indexes, 'STATE_INDEXES'),
    params: jsonOf(attrs.params),
  }
  for (const index of clone.indexes) {
    if (index < 1 || index > IF_MAXINDEX) refuse(`${index} is no interface index`)
    if (draft.madeBy.has(index)) refuse(`interface ${index} was made twice`)
    draft.madeBy.set(index, clone)
  }
  draft.clones.push(clone)
}

function readLink(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.linkRecord>): void {
  const { header, attrs: link } = linkBody.codec('freebsd').decode(...whole(attrs.message))
  const state = need(attrs.state, 'STATE_NEST')
  const index = header.ifindex
  const name = need(link.ifname, 'IFLA_IFNAME')
  if (!draft.madeBy.has(index)) refuse(`no cloner made interface ${index}`)
  if (draft.links.has(index)) refuse(`interface ${index} is there twice`)
  const { id, names, list } = vnetOf(draft, vnet)
  if (names.has(name)) refuse(`network stack ${vnet} has two interfaces ${name}`)
  names.add(name)
  list.push(index)
  const addresses: InetAddr[] = []
  const saved = {
    index,
    name,
    vnet: id,
    home: vnetOf(draft, need(state.home, 'STATE_HOME')).id,
    moves: need(state.moves, 'STATE_MOVES'),
    flags: need(state.flags, 'STATE_FLAGS') | 0,
    drvFlags: need(state.drvFlags, 'STATE_DRV_FLAGS'),
    mtu: need(link.mtu, 'IFLA_MTU'),
    metric: link.nltool?.metric ?? 0,
    fib: link.nltool?.fib ?? 0,
    linkState: linkStateOf(need(state.linkState, 'STATE_LINK_STATE')),
    lladdr: link.address ?? new Uint8Array(0),
    hwaddr: link.freebsd?.origHwaddr ?? new Uint8Array(0),
    broadcast: link.broadcast ?? new Uint8Array(0),
    description: link.ifalias,
    groups: link.freebsd?.group?.names ?? [],
    capenable: wordOf(link.freebsd?.caps?.mask),
    addresses,
    multicast: (state.multicast ?? []).map(({ group, llgroup, count }) => ({
      group: need<IpAddress | Uint8Array>(group ?? llgroup, 'STATE_GROUP'),
      count: need(count, 'STATE_COUNT'),
    })),
    counters: state.counters ?? [],
    attachedAt: need(state.attachedAt, 'STATE_ATTACHED_AT'),
    lastChange: need(state.lastChange, 'STATE_LAST_CHANGE'),
    promisc: link.promiscuity ?? 0,
    allmulti: need(state.allmulti, 'STATE_ALLMULTI'),
  }
  draft.links.set(index, { saved, addresses })
}

/** The bytes of a message, as a codec takes them. Decoding has copied them out of the file. */
export function whole(message: Uint8Array | undefined): [ReturnType<typeof frameOf>, number, number] {
  const bytes = need(message, 'STATE_MESSAGE')
  return [frameOf(bytes), 0, bytes.length]
}

function linkStateOf(state: number): IfLinkState {
  return state === 0 || state === 1 || state === 2 ? state : refuse(`link state ${state}`)
}

function wordOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length < 4) return 0
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true)
}

function readAddress(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.addrRecord>): void {
  const { header, attrs: message } = addrBody.codec('freebsd').decode(...whole(attrs.message))
  const state = need(attrs.state, 'STATE_NEST')
  const link =
    draft.links.get(header.ifindex) ?? refuse(`an address of interface ${header.ifindex}, which is not there`)
  if (link.saved.vnet !== vnet)
    refuse(`${link.saved.name} is in network stack ${link.saved.vnet}, its address in ${vnet}`)
  const address = need(message.local ?? message.address, 'IFA_ADDRESS')
  if (header.prefixlen > address.bits) refuse(`${address}/${header.prefixlen}`)
  link.addresses.push({
    family: address.family,
    address,
    prefixlen: header.prefixlen,
    broadcast: message.broadcast,
    destination: state.destination,
    flags: need(state.flags, 'STATE_FLAGS'),
    preferredUntil: state.preferredUntil,
    validUntil: state.validUntil,
    createdAt: need(state.createdAt, 'STATE_CREATED_AT'),
    updatedAt: need(state.updatedAt, 'STATE_UPDATED_AT'),
    extra: jsonOf(state.extra) as InetAddr['extra'],
  })
}

function readGroup(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.groupRecord>): void {
  const { groups } = vnetOf(draft, vnet)
  const name = need(attrs.name, 'STATE_NAME')
  const members = groups.get(name) ?? []
  groups.set(name, members)
  for (const index of need(attrs.members, 'STATE_MEMBERS')) {
    const link = draft.links.get(index)
    if (link?.saved.vnet !== vnet) refuse(`interface ${index} of group ${name} is not there`)
    if (!link.saved.groups.includes(name)) refuse(`${link.saved.name} does not know that it is in group ${name}`)
    members.push(index)
  }
}

function readNexthop(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.knhopRecord>): void {
  const { nexthops } = vnetOf(draft, vnet)
  const index = need(attrs.index, 'STATE_INDEX')
  if (nexthops.has(index)) refuse(`nexthop ${index} is there twice`)
  const ifindex = need(attrs.ifindex, 'STATE_IFINDEX')
  const aifindex = need(attrs.aifindex, 'STATE_AIFINDEX')
  for (const each of [ifindex, aifindex]) {
    if (draft.links.get(each)?.saved.vnet !== vnet)
      refuse(`nexthop ${index} is on interface ${each}, which is not there`)
  }
  const origin = need(attrs.origin, 'STATE_ORIGIN')
  const type = need(attrs.type, 'STATE_TYPE')
  if (origin > 255 || type > 255) refuse(`nexthop ${index} is of protocol ${origin} and type ${type}`) // octets of rtmsg
  nexthops.set(index, {
    kind: 'nexthop',
    index,
    family: need(attrs.family, 'STATE_FAMILY'),
    gateway: attrs.gateway,
    ifindex,
    aifindex,
    source: attrs.source,
    flags: need(attrs.flags, 'STATE_FLAGS'),
    mtu: need(attrs.mtu, 'STATE_MTU'),
    origin,
    expires: need(attrs.expires, 'STATE_EXPIRES'),
    type,
    priority: need(attrs.priority, 'STATE_PRIORITY'),
    nhid: need(attrs.nhid, 'STATE_NHID'),
  })
}

function readNexthopGroup(draft: StateDraft, vnet: number, attrs: AttrsOf<typeof schema.knhgrpRecord>): void {
  const { nexthops, nhgrps } = vnetOf(draft, vnet)
  const index = need(attrs.index, 'STATE_INDEX')
  const members = need(attrs.members, 'STATE_MEMBERS')
  if (nhgrps.has(index)) refuse(`nexthop group ${index} is there twice`)
  if (members.length < 2) refuse(`nexthop group ${index} has ${members.length} members`)
  for (const { nexthop } of members) {
    if (!nexthops.has(nexthop)) refuse(`nexthop ${nexthop} of group ${index} is not there`)
  }
  nhgrps.set(index, { index, members })
}
