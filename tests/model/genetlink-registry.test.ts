import { NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP } from '@nltool/nl-core'
import { vnet0 } from '@nltool/nl-core/model'
import { attributeSet, body, u32 } from '@nltool/nl-core/wire'
import { ctrlAttrs, defineFamily, genlmsghdr } from '@nltool/nl-genl'
import { type FamilyModule, type GroupPolicy, type IdPolicy, serveFamily } from '@nltool/nl-genl/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allMessages,
  attr,
  type Bench,
  type BenchSocket,
  createBench,
  errorOf,
  le,
  request,
  text,
} from '../conformance/genetlink-bench.ts'

/** What the registry is held against: families by name, each with its groups by name. */
interface Model {
  readonly families: Map<string, { readonly id: number; readonly groups: ReadonlyMap<string, number> }>
  /** Events that the listener must have heard, as `command family`. */
  readonly told: string[]
}

interface Real {
  readonly bench: Bench
  readonly listener: BenchSocket
  readonly member: BenchSocket
  readonly asker: BenchSocket
}

const set = attributeSet({ X: [1, 'x', u32] })
const ctrlBody = body(genlmsghdr, ctrlAttrs)
const NEWFAMILY = 1
const DELFAMILY = 2
const NEWMCAST_GRP = 7
const DELMCAST_GRP = 8

function familyModule(name: string, groups: number): FamilyModule {
  const definition = defineFamily({
    name,
    version: 1,
    netns: true,
    groups: Object.fromEntries(Array.from({ length: groups }, (_, at) => [`g${at}`, {}])),
    sets: { x: set },
    ops: { ping: { cmd: 1, set: 'x', do: { request: ['x'], reply: ['x'] } } },
  })
  return serveFamily(definition, () => ({ ping: { do: ({ attrs: { x } }) => ({ x }) } }))
}

function events(model: Model, [group, family]: readonly [number, number], name: string): void {
  const { groups } = model.families.get(name) ?? { groups: new Map() }
  const perGroup = [...groups.keys()].map(() => `${group} ${name}`)
  model.told.push(...(family === NEWFAMILY ? [`${family} ${name}`, ...perGroup] : [...perGroup, `${family} ${name}`]))
}

/** One step of a run: what it does to the registry, and to the model. */
type Step = fc.AsyncCommand<Model, Real>

const register = (name: string, count: number): Step => ({
  check: () => true,
  async run(model, { bench }) {
    const attempt = () => bench.registry.register(bench.ctx(), familyModule(name, count))
    if (model.families.has(name)) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      return
    }
    const { id, groups } = attempt()
    const others = [...model.families.values()]
    expect(others.map(other => other.id)).not.toContain(id)
    const taken = others.flatMap(other => [...other.groups.values()])
    for (const group of groups.values()) expect([...taken, 16, 48]).not.toContain(group)
    const numbers = [...groups.values()]
    expect(new Set(numbers).size).toBe(count)
    model.families.set(name, { id, groups: new Map(groups) })
    events(model, [NEWMCAST_GRP, NEWFAMILY], name)
  },
  toString: () => `register ${name} with ${count} groups`,
})

const unregister = (name: string): Step => ({
  check: () => true,
  async run(model, { bench }) {
    const known = model.families.get(name)
    const done = bench.registry.unregister(bench.ctx(), name)
    if (known === undefined) {
      await expect(done).rejects.toMatchObject({ code: 'ENOENT' })
      return
    }
    await done
    events(model, [DELMCAST_GRP, DELFAMILY], name)
    model.families.delete(name)
    for (const group of known.groups.values())
      expect(bench.netlink.hasListeners(vnet0, NETLINK_GENERIC, group)).toBe(false)
  },
  toString: () => `unregister ${name}`,
})

const join = (name: string): Step => ({
  check: model => (model.families.get(name)?.groups.size ?? 0) > 0,
  async run(model, { member, bench }) {
    for (const group of model.families.get(name)?.groups.values() ?? []) {
      member.join(group)
      expect(bench.netlink.hasListeners(vnet0, NETLINK_GENERIC, group)).toBe(true)
    }
  },
  toString: () => `join the groups of ${name}`,
})

const ask = (name: string): Step => ({
  check: () => true,
  async run(model, { asker }) {
    const known = model.families.get(name)
    const [answer] = allMessages(asker.ask(request(3, [text(2, name)])))
    expect(errorOf(answer)).toBe(known === undefined ? -2 : undefined)
    if (known === undefined || answer === undefined) return
    expect(ctrlBody.decode(answer.payload, 'linux').attrs).toMatchObject({ familyId: known.id, familyName: name })
    const pinged = allMessages(asker.ask(request(1, [attr(1, le(4, 7))], { type: known.id, flags: NLM_F_ACK })))
    expect(pinged.map(errorOf)).toEqual([undefined, 0])
  },
  toString: () => `ask for ${name}`,
})

const list: Step = {
  check: () => true,
  async run(model, { asker, listener, bench }) {
    const listed = allMessages(asker.ask(request(3, [], { flags: NLM_F_DUMP }))).filter(({ type }) => type === 16)
    const attrs = listed.map(({ payload }) => ctrlBody.decode(payload, 'linux').attrs)
    const expected = [...model.families].map(([familyName, { id }]) => [id, familyName])
    expect(attrs.map(({ familyId, familyName }) => [familyId, familyName])).toEqual([
      [16, 'nlctrl'],
      ...expected.sort(([a], [b]) => Number(a) - Number(b)),
    ])
    for (const { familyName = '', mcastGroups = [] } of attrs.slice(1)) {
      expect(mcastGroups.map(({ id }) => id)).toEqual([...(model.families.get(familyName)?.groups.values() ?? [])])
    }
    const heard = allMessages(listener.drain()).map(
      ({ payload }) => `${payload[0]} ${ctrlBody.decode(payload, 'linux').attrs.familyName}`,
    )
    expect(heard).toEqual(model.told.splice(0))
    expect(bench.defects).toEqual([])
  },
  toString: () => 'list',
}

const names = fc.constantFrom('a', 'b', 'c', 'd', 'NET_DM', 'pmcraid')
const commands = fc.commands(
  [
    fc.tuple(names, fc.nat(4)).map(([name, groups]) => register(name, groups)),
    names.map(name => unregister(name)),
    names.map(name => join(name)),
    names.map(name => ask(name)),
    fc.constant(list),
  ],
  { maxCommands: 40 },
)

describe('the registry of families', () => {
  it.each([
    ['cyclic', 'shared'],
    ['first-free', 'bsd'],
    ['cyclic', 'linux'],
  ] as const satisfies readonly (readonly [IdPolicy, GroupPolicy])[])(
    'does what a map of families does: ids %s, groups %s',
    async (idPolicy, groupPolicy) => {
      await fc.assert(
        fc.asyncProperty(commands, async run => {
          const bench = createBench('linux', { idPolicy, groupPolicy })
          const listener = bench.open()
          listener.join(16)
          const model: Model = { families: new Map(), told: [] }
          const real: Real = { bench, listener, member: bench.open(), asker: bench.open() }
          await fc.asyncModelRun(() => ({ model, real }), [...run, list])
        }),
        { numRuns: 150 },
      )
    },
  )
})
