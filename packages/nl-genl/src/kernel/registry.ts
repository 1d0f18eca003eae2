import { NETLINK_GENERIC } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Multicast, Protocol } from '@nltool/nl-core/kernel'
import { type Awaitable, type Ctx, createLock, type Privilege, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { GENL_ID_CTRL } from '../constants.ts'
import type { AnyFamily } from '../family.ts'
import { messagesOf } from '../messages.ts'
import { nlctrl } from '../nlctrl/schema.ts'
import { createPolicies } from '../policy/table.ts'
import { createAnnouncer } from './announce.ts'
import { checkFamily } from './checks.ts'
import { createGroupKeeper } from './group-keeper.ts'
import type { LiveFamily } from './live.ts'
import { createGroupAllocator, createIdAllocator, type GroupPolicy, type IdPolicy } from './numbers.ts'
import { type GenericPersonality, genericPersonalities } from './personality.ts'
import { genericProtocol } from './protocol.ts'
import type { FamilyModule } from './serve.ts'
import { controllerMessages, type Shared, startController, startFamily } from './start.ts'

/** What a registry is made of. */
export interface GenericRegistryOptions {
  /** The socket layer: where notifications go. */
  readonly multicast: Multicast
  /** Default: FreeBSD's rules. */
  readonly personality?: GenericPersonality
  /** Default `cyclic`. */
  readonly idPolicy?: IdPolicy
  /** Default `shared`. */
  readonly groupPolicy?: GroupPolicy
  /** Every network stack, where families are announced. Default: the initial one. */
  readonly vnets?: () => Iterable<VnetId>
}

/** A family that is registered. */
export interface RegisteredFamily {
  /** `nlmsg_type` of its messages. */
  readonly id: number
  readonly name: string
  /** Numbers of its groups. */
  readonly groups: ReadonlyMap<string, number>
}

/** The generic netlink families of one kernel. */
export interface GenericRegistry {
  /** NETLINK_GENERIC, to be registered with the socket layer. */
  readonly protocol: Protocol
  /**
   * Registers a family and announces it to the group `notify` of nlctrl: CTRL_CMD_NEWFAMILY, then CTRL_CMD_NEWMCAST_GRP
   * for each group.
   * @throws NetlinkError EINVAL for a definition that cannot be served, EEXIST for a name in use, ENOSPC without a free id
   */
  register(ctx: Ctx, module: FamilyModule): RegisteredFamily
  /**
   * Takes a family back: drops the members of its groups, announces CTRL_CMD_DELMCAST_GRP for each and CTRL_CMD_DELFAMILY,
   * and resolves when no handler of it runs. `abortDumps` ends open dumps with ENOENT in place of refusing.
   * @throws NetlinkError ENOENT for an unknown family, EBUSY while a dump is open, EDEADLK from a handler of the family,
   * EINVAL for nlctrl
   */
  unregister(ctx: Ctx, family: string | RegisteredFamily, options?: { readonly abortDumps?: boolean }): Promise<void>
  byId(id: number): RegisteredFamily | undefined
  byName(name: string): RegisteredFamily | undefined
  /** All families, ascending by id. */
  families(): readonly RegisteredFamily[]
  /** Sets what is asked for a family that nobody knows (Linux personality). True: it may have been registered now. */
  setAutoload(load: ((name: string) => Awaitable<boolean>) | undefined): void
}

/** Makes the registry of one kernel, with nlctrl in it. */
export function createGenericRegistry(options: GenericRegistryOptions): GenericRegistry {
  const { multicast, personality: rules = genericPersonalities.freebsd, vnets = () => [vnet0] } = options
  const policies = { freebsd: createPolicies('freebsd'), linux: createPolicies('linux') }
  const ids = createIdAllocator(options.idPolicy ?? 'cyclic')
  const groups = createGroupAllocator(options.groupPolicy ?? 'shared')
  const table = createFamilyTable()
  let autoload: ((name: string) => Awaitable<boolean>) | undefined

  const everywhere = (family: AnyFamily): boolean => !rules.namespaces || family.netns === true
  const visible = (live: LiveFamily, vnet: VnetId): boolean => vnet === vnet0 || everywhere(live.family)
  const announce = createAnnouncer({
    multicast,
    rules: rules.nlctrl,
    messages: controllerMessages(),
    vnetsOf: live => (everywhere(live.family) ? vnets() : [vnet0]),
  })

  const groupKeeper = createGroupKeeper({ byId: table.byId, groups, multicast, announce })
  const shared: Shared = { multicast, rules, policies, vnets, groupKeeper, serial: createLock('module', 'genl') }

  function register(ctx: Ctx, module: FamilyModule): LiveFamily {
    const { family } = module
    checkFamily(family)
    if (table.byName(family.name) !== undefined)
      throw new NetlinkError('EEXIST', `family ${family.name} is registered already`)
    const id = ids.take(family.name)
    const names = Object.keys(family.groups)
    const numbers = groups.take(family.name, names.length)
    const live = startOrGiveBack(module, id, new Map(names.map((name, at) => [name, numbers[at] ?? 0])))
    table.add(live)
    announce.added(ctx, live)
    return live
  }

  /** A module whose handlers cannot be made leaves nothing behind. */
  function startOrGiveBack(module: FamilyModule, id: number, numbers: Map<string, number>): LiveFamily {
    try {
      return startFamily(shared, module, { id, groups: numbers, messages: messagesOf(module.family) })
    } catch (error) {
      groups.give([...numbers.values()])
      ids.give(id)
      throw error
    }
  }

  async function unregister(ctx: Ctx, name: string, abortDumps: boolean): Promise<void> {
    const live = table.byName(name)
    if (live === undefined) throw new NetlinkError('ENOENT', `no family ${name} is registered`)
    if (live.id === GENL_ID_CTRL) throw new NetlinkError('EINVAL', 'nlctrl cannot be unregistered')
    if (live.use.isRunning(ctx.task))
      throw new NetlinkError('EDEADLK', `${name} cannot be unregistered by a handler of its own`)
    if (live.use.dumps > 0 && !abortDumps) throw new NetlinkError('EBUSY', `a dump of ${name} is open`)
    table.remove(live) // requests find no family from here on; those that run may end
    await live.use.drain()
    live.stop()
    for (const group of live.groups.values()) multicast.dropGroup(NETLINK_GENERIC, group)
    announce.removed(ctx, live)
    groups.give([...live.groups.values()])
    ids.give(live.id)
  }

  const view = (live: LiveFamily | undefined): RegisteredFamily | undefined =>
    live && { id: live.id, name: live.family.name, groups: live.groups }

  ids.take(nlctrl.name)
  table.add(
    startController(shared, {
      ...table,
      visible: (live, ctx) => visible(live, ctx.vnet),
      load: name => autoload?.(name) ?? false,
      policies: policies.linux,
    }),
  )

  return {
    protocol: genericProtocol(
      {
        byId: table.byId,
        visibleIn: (live, request) => visible(live, request.vnet),
        groups: groups.limit,
        groupPriv: table.groupPriv,
      },
      rules,
    ),
    register: (ctx, module) => {
      const { id, family, groups: numbers } = register(ctx, module)
      return { id, name: family.name, groups: numbers }
    },
    unregister: (ctx, family, { abortDumps = false } = {}) =>
      unregister(ctx, typeof family === 'string' ? family : family.name, abortDumps),
    byId: id => view(table.byId(id)),
    byName: name => view(table.byName(name)),
    families: () => table.ids().flatMap(id => view(table.byId(id)) ?? []),
    setAutoload(load) {
      autoload = load
    },
  }
}

/** The live families by id and by name. */
function createFamilyTable() {
  const byId = new Map<number, LiveFamily>()
  const byName = new Map<string, LiveFamily>()
  const groupPrivs = new Map<number, Privilege>()
  return {
    byId: (id: number) => byId.get(id),
    byName: (name: string) => byName.get(name),
    ids: () => [...byId.keys()].sort((a, b) => a - b),
    groupPriv: (group: number) => groupPrivs.get(group),
    add(live: LiveFamily): void {
      for (const [name, group] of live.groups) {
        const cap = live.family.groups[name]?.cap
        if (cap !== undefined) groupPrivs.set(group, cap)
      }
      byId.set(live.id, live)
      byName.set(live.family.name, live)
    },
    remove(live: LiveFamily): void {
      for (const group of live.groups.values()) groupPrivs.delete(group)
      byId.delete(live.id)
      byName.delete(live.family.name)
    },
  }
}
