import type { Ifnet, InetAddr, RegistryState, SavedInterface, Section } from '@nltool/ifnet'
import type { Clock, VnetId } from '@nltool/nl-core/model'
import { type Body, createWriter, type Writer } from '@nltool/nl-core/wire'
import { AF_INET, AF_INET6, addrBody, type LinkBody, linkBody, routeBody } from '@nltool/nl-route'
import { type Rib, type RibState, type SavedRoute, toAddrBody, toRouteBody } from '@nltool/nl-route/kernel'
import { createStateWriter } from './envelope.ts'
import * as schema from './schema.ts'

const { stateTypes } = schema

/** What a state file is written from. */
export interface StateSource {
  readonly personality: string
  readonly fibs: number
  readonly addAddrAllFibs: boolean
  /** When the kernel booted, milliseconds since the Unix epoch. */
  readonly bootAt: number
  /** Sysctls that are not the default. */
  readonly sysctls: readonly { readonly name: string; readonly value: number }[]
  readonly vnets: readonly { readonly id: VnetId; readonly name: string; readonly rib: Rib }[]
  readonly registry: RegistryState
  readonly section: Section
  /** RTM_NEWLINK of an interface. */
  linkBody(ifp: Ifnet): LinkBody
  interfaceAt(section: Section, saved: SavedInterface): Ifnet
}

/** Lifetimes in the messages count from boot, so that the file depends on the state alone and not on when it is written. */
const atBoot: Clock = { now: () => 0, uptime: () => 0 }

/** Numbers in one attribute: below the 64 KiB that it can hold. */
const perRecord = 4096

/** Writes a state file. */
export function encodeState(source: StateSource): Uint8Array {
  const out = createRecords()
  writeKernel(out, source)
  for (const { id, name } of source.vnets) out.put('STATE_VNET', schema.vnetRecord, id, { name })
  writeRegistry(out, source)
  for (const { id, rib } of source.vnets) writeRib(out, id, rib, rib.save())
  return out.finish()
}

type RecordBody<A> = Body<{ readonly header: { readonly vnet: number }; readonly attrs: A }>

function createRecords() {
  const file = createStateWriter()
  const scratch: Writer = createWriter()
  return {
    put<A>(type: schema.StateType, record: RecordBody<A>, vnet: number, attrs: A): void {
      const codec = record.codec('freebsd')
      file.record(stateTypes[type], writer => codec.encode(writer, { header: { vnet }, attrs }))
    },
    /** A message of its own, valid until the next call. */
    message<T>(body: Body<T>, value: T): Uint8Array {
      scratch.pos = 0
      body.codec('freebsd').encode(scratch, value)
      return scratch.bytes.subarray(0, scratch.pos)
    },
    finish: file.finish,
  }
}

type Records = ReturnType<typeof createRecords>

function writeKernel(out: Records, { personality, fibs, bootAt, addAddrAllFibs, sysctls }: StateSource): void {
  out.put('STATE_KERNEL', schema.kernelRecord, 0, { personality, fibs, bootAt, addAddrAllFibs })
  for (const { name, value } of sysctls) out.put('STATE_SYSCTL', schema.sysctlRecord, 0, { name, value })
}

function writeRegistry(out: Records, source: StateSource): void {
  const { generations, clones, interfaces, nets } = source.registry
  writeSlots(out, generations)
  for (const { cloner, vnet, unit, indexes, params } of clones) {
    const json = params === undefined ? undefined : JSON.stringify(params)
    out.put('STATE_CLONE', schema.cloneRecord, vnet, { cloner, unit, indexes, params: json })
  }
  const byIndex = new Map(interfaces.map(saved => [saved.index, saved]))
  for (const { list } of nets) {
    for (const index of list) writeInterface(out, source, byIndex.get(index) as SavedInterface)
  }
  for (const { vnet, groups } of nets) {
    for (const { name, members } of groups) {
      for (const part of partsOf(members)) out.put('STATE_GROUP', schema.groupRecord, vnet, { name, members: part })
    }
  }
}

function writeSlots(out: Records, generations: readonly number[]): void {
  const used = generations.slice(0, generations.findLastIndex(generation => generation !== 0) + 1)
  let first = 1
  for (const part of partsOf(used)) {
    out.put('STATE_SLOTS', schema.slotsRecord, 0, { first, generations: part.map(BigInt) })
    first += part.length
  }
}

function* partsOf(numbers: readonly number[]): Iterable<readonly number[]> {
  for (let at = 0; at < numbers.length; at += perRecord) yield numbers.slice(at, at + perRecord)
}

function writeInterface(out: Records, source: StateSource, saved: SavedInterface): void {
  const ifp = source.interfaceAt(source.section, saved)
  out.put('RTM_NEWLINK', schema.linkRecord, saved.vnet, {
    message: out.message(linkBody, source.linkBody(ifp)),
    state: linkStateOf(saved),
  })
  for (const address of saved.addresses) {
    out.put('RTM_NEWADDR', schema.addrRecord, saved.vnet, {
      message: out.message(addrBody, toAddrBody(ifp, address, atBoot)),
      state: addrStateOf(address),
    })
  }
}

function linkStateOf(saved: SavedInterface): schema.LinkState {
  return {
    home: saved.home,
    moves: saved.moves,
    flags: saved.flags >>> 0,
    drvFlags: saved.drvFlags >>> 0,
    linkState: saved.linkState,
    multicast: saved.multicast.map(({ group, count }) =>
      group instanceof Uint8Array ? { llgroup: group, count } : { group, count },
    ),
    counters: saved.counters.length === 0 ? undefined : saved.counters,
    attachedAt: saved.attachedAt,
    lastChange: saved.lastChange,
    allmulti: saved.allmulti,
  }
}

function addrStateOf(address: InetAddr): schema.AddrState {
  const { flags, destination, preferredUntil, validUntil, createdAt, updatedAt, extra } = address
  const json = extra === undefined ? undefined : JSON.stringify(extra)
  return { flags: flags >>> 0, destination, preferredUntil, validUntil, createdAt, updatedAt, extra: json }
}

function writeRib(out: Records, vnet: VnetId, rib: Rib, { nexthops, groups, routes }: RibState): void {
  for (const { kind: _, ...nexthop } of nexthops) out.put('STATE_KNHOP', schema.knhopRecord, vnet, nexthop)
  for (const { index, members } of groups) out.put('STATE_KNHGRP', schema.knhgrpRecord, vnet, { index, members })
  for (const route of routes) writeRoute(out, vnet, rib, route)
}

function writeRoute(out: Records, vnet: VnetId, rib: Rib, { fib, dst, prefixlen, target, weight }: SavedRoute): void {
  const family = dst.size === 4 ? AF_INET : AF_INET6
  const body = toRouteBody({ fib, dst, prefixlen, family, target: rib.nexthops.byNumber(target), weight })
  const state: schema.RouteState = {
    target,
    weight: weight === 1 ? undefined : weight,
    dst: body.attrs.dst?.equals(dst) === true ? undefined : dst,
  }
  out.put('RTM_NEWROUTE', schema.routeRecord, vnet, { message: out.message(routeBody, body), state })
}
