import { IFF_PROMISC, IFF_UP, type IfAddr, type Ifnet } from '@nltool/ifnet'
import type { Model, ModelIf } from './ifnet-model.ts'
import type { System } from './ifnet-system.ts'

/** What one interface looks like from outside. */
interface Picture {
  readonly id: object
  readonly name: string
  readonly home: number | undefined
  readonly up: boolean
  readonly promisc: readonly [flag: boolean, count: number]
  readonly mtu: number
  readonly description: string | undefined
  readonly groups: readonly string[]
  readonly addresses: readonly string[]
  readonly multicast: number
}

function pictureOfModel(ifp: ModelIf): Picture {
  const { index, gen, vnet, moves, name, home, up, promisc, mtu, description, groups, addresses } = ifp
  return {
    id: { index, gen, vnet, moves },
    name,
    home,
    up,
    promisc: [promisc > 0, promisc],
    mtu,
    description,
    groups,
    addresses: [`link ${index} ${name}`, ...addresses],
    multicast: addresses.length > 0 ? 1 : 0,
  }
}

function pictureOf(ifp: Ifnet): Picture {
  const text = (entry: IfAddr): string =>
    entry.family === 'link' ? `link ${entry.index} ${entry.name}` : `${entry.address}`
  return {
    id: ifp.id,
    name: ifp.name,
    home: ifp.homeVnet,
    up: (ifp.flags & IFF_UP) !== 0,
    promisc: [(ifp.flags & IFF_PROMISC) !== 0, ifp.promiscCount],
    mtu: ifp.mtu,
    description: ifp.description,
    groups: ifp.groups,
    addresses: ifp.addresses.map(text),
    multicast: ifp.multicast.length,
  }
}

/** Every look-up, list and group of every network stack, every reference and every serialised reference, as data. */
export function seenByModel(model: Model, { refs, ids }: System): object {
  return {
    nets: Array.from(model.nets.values(), ({ vnet, list, groups }) => ({
      vnet,
      list: list.map(({ name }) => name),
      indexes: list.map(({ index }) => index).sort((a, b) => a - b),
      groups: Array.from(groups, ([group, members]) => [group, members.map(({ name }) => name)]),
      byIndex: model.slots.map(ifp => (ifp?.vnet === vnet ? pictureOfModel(ifp) : undefined)),
      byName: list.map(({ index }) => index),
    })),
    refs: refs.map(({ of }) => (of.freed ? 'free-pending' : 'attached')),
    ids: ids.map(({ id, of }) => {
      if (of.freed) return 'gone'
      return of.moves === id.moves ? `ok ${of.name}` : `moved ${of.vnet}`
    }),
    violations: [],
  }
}

/** The same of the registry. */
export function seen(model: Model, { lab, refs, ids }: System): object {
  using section = lab.epoch.enter(lab.ctx('compare'))
  return {
    nets: lab.registry.nets().map(({ vnet, interfaces }) => ({
      vnet,
      list: interfaces.list(section).map(({ name }) => name),
      indexes: [...interfaces.indexes()],
      groups: interfaces
        .groups()
        .map(group => [group, interfaces.groupMembers(section, group).map(({ name }) => name)]),
      byIndex: model.slots.map((_, index) => {
        const ifp = interfaces.byIndexAttached(section, index)
        return ifp === undefined ? undefined : pictureOf(ifp)
      }),
      byName: interfaces.list(section).map(({ name }) => interfaces.byName(section, name)?.index),
    })),
    refs: refs.map(({ ref }) => ref.state),
    ids: ids.map(({ id }) => {
      // Any network stack may be asked: the reference says which one it was.
      const resolved = lab.net.interfaces.resolve(section, id)
      if (resolved.kind === 'ok') return `ok ${resolved.ifp.name}`
      return resolved.kind === 'moved' ? `moved ${resolved.to}` : resolved.kind
    }),
    violations: lab.registry.audit().violations,
  }
}
