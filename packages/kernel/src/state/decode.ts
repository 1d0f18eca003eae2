import type { RegistryState } from '@nltool/ifnet'
import { IpAddress, vnet0 } from '@nltool/nl-core/model'
import { AF_INET, routeBody } from '@nltool/nl-route'
import type { RibState, SavedRoute } from '@nltool/nl-route/kernel'
import { openStateFile, type StateFile, type StateRecord } from './envelope.ts'
import { StateError } from './error.ts'
import { emptyDraft, type KernelState, need, refuse, type StateDraft, type VnetDraft } from './model.ts'
import { recordReaders, whole } from './readers.ts'
import { routeRecord } from './schema.ts'

/** Reads a state file. @throws StateError for one that is cut, damaged, of another version or inconsistent. */
export function decodeState(bytes: Uint8Array): KernelState {
  const file = openStateFile(bytes)
  const draft = emptyDraft()
  for (const [number, record] of file.records.entries()) readRecord(file, draft, record, number)
  const end = bytes.length
  try {
    return finished(file, draft)
  } catch (error) {
    throw placed(error, end, 'the file as a whole')
  }
}

function readRecord(file: StateFile, draft: StateDraft, record: StateRecord, number: number): void {
  const reader = recordReaders.get(record.type)
  if (reader === undefined) throw new StateError(`a record of the unknown type ${record.type}`, record.start)
  try {
    reader.read(draft, body => body.codec('freebsd').decode(file.frame, record.start, record.end), number)
  } catch (error) {
    throw placed(error, record.start, reader.name)
  }
}

/** What went wrong, with the place of the record in which it did. */
export function placed(error: unknown, offset: number, what: string): StateError {
  if (error instanceof StateError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new StateError(`${what}: ${why}`, offset, { cause: error })
}

function finished(file: StateFile, draft: StateDraft): KernelState {
  const kernel = need(draft.kernel, 'STATE_KERNEL')
  if (!draft.vnets.has(vnet0)) refuse('the initial network stack is missing')
  for (const index of draft.madeBy.keys()) {
    if (!draft.links.has(index)) refuse(`interface ${index} is missing`)
  }
  for (const { saved } of draft.links.values()) {
    if (saved.fib >= kernel.fibs) refuse(`${saved.name} is in fib ${saved.fib} of ${kernel.fibs}`)
  }
  let position = 0
  const at = (record: StateRecord): void => {
    position = record.start
  }
  return {
    ...kernel,
    sysctls: draft.sysctls,
    vnets: [...draft.vnets.values()].map(({ id, name }) => ({ id, name })),
    registry: registryOf(draft),
    ribs: new Map([...draft.vnets.values()].map(vnet => [vnet.id, ribOf(file, vnet, at)])),
    position: () => position,
  }
}

function registryOf({ generations, clones, links, vnets }: StateDraft): RegistryState {
  const interfaces = [...links.values()].map(({ saved }) => saved).sort((a, b) => a.index - b.index)
  const nets = [...vnets.values()].map(({ id, list, groups }) => ({
    vnet: id,
    list,
    groups: [...groups].map(([name, members]) => ({ name, members })),
  }))
  return { generations, clones, interfaces, nets }
}

function ribOf(file: StateFile, vnet: VnetDraft, at: (record: StateRecord) => void): RibState {
  return {
    nexthops: [...vnet.nexthops.values()],
    groups: [...vnet.nhgrps.values()],
    routes: routesOf(file, vnet, at),
  }
}

function* routesOf(file: StateFile, { routes }: VnetDraft, at: (record: StateRecord) => void): Iterable<SavedRoute> {
  for (const number of routes) {
    const record = file.records[number] as StateRecord
    at(record)
    yield routeOf(file, record)
  }
}

function routeOf({ frame }: StateFile, record: StateRecord): SavedRoute {
  const { attrs } = routeRecord.codec('freebsd').decode(frame, record.start, record.end)
  const { header, attrs: message } = routeBody.codec('freebsd').decode(...whole(attrs.message))
  const state = need(attrs.state, 'STATE_NEST')
  const dst = state.dst ?? message.dst ?? IpAddress.unspecified(header.family === AF_INET ? 'inet' : 'inet6')
  if (header.dstLen > dst.bits) refuse(`${dst}/${header.dstLen}`)
  return {
    fib: need(message.table, 'RTA_TABLE'),
    dst,
    prefixlen: header.dstLen,
    target: need(state.target, 'STATE_TARGET'),
    weight: state.weight ?? 1,
  }
}
