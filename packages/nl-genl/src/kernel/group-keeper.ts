import { NETLINK_GENERIC } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Multicast } from '@nltool/nl-core/kernel'
import type { Announcer } from './announce.ts'
import { familyGroupsMax, nameFault } from './checks.ts'
import type { GroupKeeper } from './host.ts'
import type { LiveFamily } from './live.ts'
import type { GroupAllocator } from './numbers.ts'

/** What groups that come and go by themselves are kept with. */
export interface GroupKeeperParts {
  byId(id: number): LiveFamily | undefined
  readonly groups: GroupAllocator
  readonly multicast: Multicast
  readonly announce: Announcer
}

/** Adds and removes groups of families that are registered: FreeBSD's genl_register_group() and genl_unregister_group(). */
export function createGroupKeeper({ byId, groups, multicast, announce }: GroupKeeperParts): GroupKeeper {
  function liveFamily(id: number): LiveFamily {
    const live = byId(id)
    if (live === undefined) throw new NetlinkError('ENOENT', 'the family is not registered')
    return live
  }

  return {
    add(ctx, id, name) {
      const live = liveFamily(id)
      const fault = nameFault('group name', name)
      if (fault !== undefined) throw new NetlinkError('EINVAL', `${live.family.name}: ${fault}`)
      if (live.groups.has(name)) throw new NetlinkError('EEXIST', `${live.family.name} has a group ${name} already`)
      if (live.groups.size >= familyGroupsMax) {
        throw new NetlinkError(
          'ENOSPC',
          `${live.family.name} has ${familyGroupsMax} groups, which is all that nlctrl can list`,
        )
      }
      const [group = 0] = groups.take('', 1)
      live.groups.set(name, group)
      live.description = undefined
      announce.group(ctx, live, 'newmcast-grp', name, group)
      return group
    },
    remove(ctx, id, name) {
      const live = liveFamily(id)
      const group = live.groups.get(name)
      if (group === undefined) throw new NetlinkError('ENOENT', `${live.family.name} has no group ${name}`)
      live.groups.delete(name)
      live.description = undefined
      multicast.dropGroup(NETLINK_GENERIC, group)
      announce.group(ctx, live, 'delmcast-grp', name, group)
      groups.give([group])
    },
  }
}
