import { NETLINK_GENERIC } from '@nltool/nl-core'
import { vnet0 } from '@nltool/nl-core/model'
import { type SentMessage, toHex } from '@nltool/nl-core/testing'
import { attributeSet, u32 } from '@nltool/nl-core/wire'
import { defineFamily, nlsysevent } from '@nltool/nl-genl'
import {
  createDeviceEvents,
  type FamilyHost,
  nlsyseventModule,
  type SysEvent,
  serveFamily,
} from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'
import { vectorNamed } from '../vectors/load.ts'
import { allMessages, type Bench, createBench, errorOf, request, text } from './genetlink-bench.ts'

function sysevents() {
  const bench = createBench('freebsd', { idPolicy: 'first-free', groupPolicy: 'bsd' })
  const events = createDeviceEvents()
  const { id, groups } = bench.registry.register(bench.ctx(), nlsyseventModule(events))
  return { bench, events, id, groups }
}

function commands(messages: readonly SentMessage[]): (number | undefined)[] {
  return messages.map(({ payload }) => payload[0])
}

describe('R10 nlsysevent', () => {
  it('has 20 groups when it is loaded, numbered from 49 in their order', () => {
    const { id, groups } = sysevents()
    expect(id).toBe(17)
    expect([...groups.values()]).toEqual(Array.from({ length: 20 }, (_, at) => 49 + at))
    expect(groups.get('IFNET')).toBe(59)
  })

  it.each([
    ['derived-bsd-nlsysevent-newevent', { system: 'IFNET', subsystem: 'em0', type: 'LINK_UP' }],
    ['derived-bsd-nlsysevent-newevent-data', undefined],
  ] as const)('tells an event of a known system in the bytes of %s', (name, event) => {
    const { bench, events, groups } = sysevents()
    const [expected] = vectorNamed(name).recv
    const member = bench.open({ abi: 'freebsd' })
    const told: SysEvent = event ?? eventIn(expected)
    member.join(groups.get(told.system) ?? 0)
    events.notify(bench.ctx(), told)
    expect(member.drain().map(toHex)).toEqual([toHex(expected ?? new Uint8Array())])
  })

  it('makes a group at the first event of another system, and announces it', () => {
    const { bench, events, groups } = sysevents()
    const listener = bench.open({ abi: 'freebsd' })
    listener.join(48)
    events.notify(bench.ctx(), { system: 'MARS', subsystem: 'rover', type: 'ROLL' })
    expect(groups.get('MARS')).toBe(69)
    expect(groups.size).toBe(21)
    expect(commands(allMessages(listener.drain()))).toEqual([7])
    const member = bench.open({ abi: 'freebsd' })
    member.join(69)
    events.notify(bench.ctx(), { system: 'MARS', subsystem: 'rover', type: 'STOP', data: 'slope=3' })
    expect(member.drain()).toHaveLength(1)
  })

  it('loses events whose system cannot have a group, and no more than those', () => {
    const { bench, events, groups } = sysevents()
    events.notify(bench.ctx(), { system: 'a name of more than 15 bytes', subsystem: '', type: 'X' })
    for (let i = 0; i < 100; i++) events.notify(bench.ctx(), { system: `s${i}`, subsystem: '', type: 'X' })
    expect(groups.size).toBe(64)
    expect(bench.defects).toEqual([])
  })

  it('takes no commands', () => {
    const { bench, id } = sysevents()
    expect(allMessages(bench.open({ abi: 'freebsd' }).ask(request(1, [], { type: id }))).map(errorOf)).toEqual([45])
  })

  it('is gone when it is unloaded: DELFAMILY, and events reach nobody', async () => {
    const { bench, events } = sysevents()
    const listener = bench.open({ abi: 'freebsd' })
    listener.join(48)
    await bench.registry.unregister(bench.ctx(), nlsysevent.name)
    expect(commands(allMessages(listener.drain())).at(-1)).toBe(2)
    events.notify(bench.ctx(), { system: 'IFNET', subsystem: 'em0', type: 'LINK_UP' })
    expect(() => events.hook(() => undefined)).not.toThrow()
  })
})

/** The strings of an event, in their order. */
function eventIn(datagram: Uint8Array | undefined): SysEvent {
  const strings = new TextDecoder().decode(datagram?.slice(20)).match(/[!-~][ -~\n]*(?=\0)/g) ?? []
  const [system = '', subsystem = '', type = '', data] = strings
  return { system, subsystem, type, data }
}

describe('R11 a group for each object', () => {
  function clients(bench: Bench) {
    const definition = defineFamily({
      name: 'rpc',
      version: 1,
      netns: true,
      groups: {},
      sets: { call: attributeSet({ REQUEST_GROUP: [1, 'group', u32] }) },
      ops: { call: { cmd: 1, set: 'call', event: ['group'] } },
    })
    let host: FamilyHost<typeof definition> | undefined
    const module = serveFamily(definition, own => {
      host = own
      return {}
    })
    bench.registry.register(bench.ctx(), module)
    const ctx = bench.ctx()
    return {
      add: (name: string) => host?.addGroup(ctx, name) ?? 0,
      remove: (name: string) => host?.removeGroup(ctx, name),
      call: (group: number) => host?.notify(ctx, 'call', { group }, { group }),
    }
  }

  it('is made at run time, listed by GETFAMILY, and drops its members when it goes', () => {
    const bench = createBench('freebsd')
    const { add, remove, call } = clients(bench)
    const group = add('client0')
    const member = bench.open()
    member.join(group)
    call(group)
    expect(member.drain()).toHaveLength(1)
    const [listed] = allMessages(bench.open().ask(request(3, [text(2, 'rpc')])))
    expect(new TextDecoder().decode(listed?.payload)).toContain('client0')
    remove('client0')
    expect(bench.netlink.hasListeners(vnet0, NETLINK_GENERIC, group)).toBe(false)
    expect(add('client1')).toBe(group)
    call(group)
    expect(member.drain()).toEqual([])
  })

  it('is refused under a name that is bad, taken or unknown', () => {
    const { add, remove } = clients(createBench('freebsd'))
    add('client0')
    expect(() => add('client0')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(() => add('')).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(() => remove('client1')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})
