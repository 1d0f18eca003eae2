import { KernelError, SocketError, WireError } from '@nltool/nl-core/errno'
import type { Link } from '@nltool/nl-route'
import type { Dice } from './network-dice.ts'
import { expectRestored } from './network-invariants.ts'
import { addressOf, dstOf, familyOf, gatewayOf, routeOf } from './network-values.ts'
import type { Actor, World } from './network-world.ts'

/** One step: somebody does something, with an interface that there was just now. */
export interface Turn {
  readonly world: World
  readonly dice: Dice
  readonly actor: Actor
  readonly link: Link
}

type Operation = (turn: Turn) => Promise<unknown>

const names = ['foo', 'bar', 'epair0a', 'epair1b', 'epair9', 'lo0', 'x'.repeat(15), 'a b', '']

const on = ({ dice, link }: Turn): { ifname: string } | { ifindex: number } =>
  dice.once(2) ? { ifname: link.ifname } : { ifindex: link.ifindex }

const someRoute = ({ dice, world, link }: Turn) => routeOf(dice, link.ifname, world.kernel.clock.now() / 1000)

const setUp: Operation = turn => turn.actor.client.link.set({ ...on(turn), up: turn.dice.once(2) })

const addAddress: Operation = turn => turn.actor.client.addr.add({ ...on(turn), address: addressOf(turn.dice) })

const deleteLink: Operation = ({ actor, link }) => actor.client.link.delete(link.ifindex)

const someClient = ({ dice, world }: Turn) => dice.pick(world.actors).client

/** Every operation, with its share of the steps. */
const operations: { readonly [name: string]: readonly [share: number, Operation] } = {
  create: [
    2,
    ({ dice, actor: { client } }) =>
      client.link.create({
        kind: client.abi === 'linux' ? 'epair' : dice.pick(['epair', 'lo']),
        mtu: dice.once(4) ? dice.pick([1, 1500, 9000, 70000]) : undefined,
        ifalias: dice.once(5) ? 'x' : undefined,
        up: dice.once(2),
      }),
  ],
  vlan: [
    1,
    ({ dice, actor, link }) =>
      actor.client.link.create({ kind: 'vlan', link: link.ifname, vlanId: dice.pick([0, 1, 2, 3, 4095]) }),
  ],
  up: [2, setUp],
  mtu: [
    1,
    turn =>
      turn.actor.client.link.set({
        ...on(turn),
        mtu: turn.dice.pick([10, 71, 1400, 1500, 9000, 99999]),
        ifalias: `d${turn.dice.below(3)}`,
      }),
  ],
  promisc: [1, turn => turn.actor.client.link.set({ ...on(turn), promisc: turn.dice.once(2) })],
  rename: [1, ({ dice, actor, link }) => actor.client.link.set({ ifindex: link.ifindex, rename: dice.pick(names) })],
  move: [
    1,
    async turn => {
      const { dice, actor, world } = turn
      if (actor.client.abi === 'linux') return // no such attribute there
      await actor.client.link.set({ ...on(turn), vnet: dice.pick<number>([...world.stacks, 77]) })
    },
  ],
  delete: [1, async turn => (turn.dice.once(3) ? deleteLink(turn) : undefined)],
  address: [3, addAddress],
  lifetime: [
    1,
    turn =>
      turn.actor.client.addr.add({
        ...on(turn),
        address: addressOf(turn.dice),
        validSeconds: 1 + turn.dice.below(20),
        preferredSeconds: turn.dice.below(15),
      }),
  ],
  withdraw: [
    1,
    async ({ dice, actor: { client } }) => {
      const addresses = await client.addr.list()
      if (addresses.length === 0) return
      const { ifindex, address } = dice.pick(addresses)
      await client.addr.delete({ ifindex, address })
    },
  ],
  add: [2, turn => turn.actor.client.route.add(someRoute(turn))],
  append: [2, turn => turn.actor.client.route.append(someRoute(turn))],
  replace: [1, turn => turn.actor.client.route.replace(someRoute(turn))],
  change: [1, turn => turn.actor.client.route.change(someRoute(turn))],
  unroute: [
    2,
    ({ dice, actor, link }) => {
      const family = familyOf(dice)
      return actor.client.route.delete({
        dst: dstOf(dice, family),
        table: dice.below(2),
        gateway: dice.once(3) ? gatewayOf(dice, family) : undefined,
        ifname: dice.once(3) ? link.ifname : undefined,
        pinned: dice.once(4),
      })
    },
  ],
  unpath: [
    1,
    async ({ dice, actor: { client } }) => {
      const routes = (await client.route.list({ table: 'all' })).filter(({ dst }) => !dst.startsWith('fe80:'))
      if (routes.length === 0) return
      const { dst, table, gateway, nexthops } = dice.pick(routes)
      await client.route.delete({
        dst,
        table,
        gateway: nexthops ? dice.pick(nexthops).gateway : gateway,
        pinned: dice.once(2),
      })
    },
  ],
  time: [1, ({ dice, world }) => world.kernel.advance(1000 * dice.below(8))],
  several: [
    1,
    async turn => {
      const requests = [
        turn.actor.client.route.add(someRoute(turn)),
        setUp(turn),
        addAddress(turn),
        someClient(turn).route.append(someRoute(turn)),
        turn.dice.once(4) ? deleteLink(turn) : undefined,
      ]
      for (const result of await Promise.allSettled(requests)) {
        if (result.status === 'rejected') expectRefusal(result.reason)
      }
    },
  ],
  restore: [1, ({ world }) => expectRestored(world)],
}

const drawn = Object.entries(operations).flatMap(([name, [share]]) => Array.from({ length: share }, () => name))

/** The name of an operation. */
export const draw = (dice: Dice): string => dice.pick(drawn)

export function perform(name: string, turn: Turn): Promise<unknown> {
  const [, operation] = operations[name] ?? []
  if (operation === undefined) throw new Error(`no operation '${name}'`)
  return operation(turn)
}

/** A request is refused by the kernel or by the client, and not for want of an answer. */
export function expectRefusal(error: unknown): void {
  const refused = error instanceof KernelError || error instanceof SocketError || error instanceof WireError
  if (!refused || error.code === 'ETIMEDOUT') throw error
}
