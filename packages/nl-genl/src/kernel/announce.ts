import { NETLINK_GENERIC } from '@nltool/nl-core'
import type { Multicast } from '@nltool/nl-core/kernel'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import { GENL_ID_CTRL, GENL_NOTIFY_GROUP_FREEBSD } from '../constants.ts'
import type { FamilyMessages } from '../messages.ts'
import { type CtrlAttrs, nlctrl } from '../nlctrl/schema.ts'
import { familyAttrs, groupAttrs } from './describe.ts'
import type { LiveFamily } from './live.ts'
import type { NlctrlRules } from './personality.ts'

/** What announcements are made of. */
export interface AnnouncerParts {
  readonly multicast: Multicast
  readonly messages: FamilyMessages
  readonly rules: NlctrlRules
  /** Network stacks that see a family. */
  vnetsOf(live: LiveFamily): Iterable<VnetId>
}

/** Tells the group `notify` what families come and go. */
export interface Announcer {
  /** CTRL_CMD_NEWFAMILY, then CTRL_CMD_NEWMCAST_GRP for each group. */
  added(ctx: Ctx, live: LiveFamily): void
  /** CTRL_CMD_DELMCAST_GRP for each group, then CTRL_CMD_DELFAMILY, which lists operations and groups once more. */
  removed(ctx: Ctx, live: LiveFamily): void
  /** CTRL_CMD_NEWMCAST_GRP or CTRL_CMD_DELMCAST_GRP for a group that comes or goes by itself. */
  group(ctx: Ctx, live: LiveFamily, event: 'newmcast-grp' | 'delmcast-grp', name: string, group: number): void
}

type EventName = 'newfamily' | 'delfamily' | 'newmcast-grp' | 'delmcast-grp'

/** Makes the announcer of a registry. Every event is a datagram of its own. */
export function createAnnouncer({ multicast, messages, rules, vnetsOf }: AnnouncerParts): Announcer {
  function send(ctx: Ctx, vnet: VnetId, live: LiveFamily, name: EventName, attrs: CtrlAttrs): void {
    const operation = nlctrl.ops[name]
    const version = rules.replyVersion === 'described' ? live.family.version : nlctrl.version
    multicast.notify(ctx, {
      vnet,
      protocol: NETLINK_GENERIC,
      group: GENL_NOTIFY_GROUP_FREEBSD,
      type: GENL_ID_CTRL,
      schema: messages.event(operation),
      body: { header: { cmd: operation.cmd, version, reserved: 0 }, attrs: { ...attrs } },
    })
  }

  function each(ctx: Ctx, live: LiveFamily, events: readonly (readonly [EventName, CtrlAttrs])[]): void {
    for (const vnet of vnetsOf(live)) {
      if (!multicast.hasListeners(vnet, NETLINK_GENERIC, GENL_NOTIFY_GROUP_FREEBSD)) continue
      for (const [name, attrs] of events) send(ctx, vnet, live, name, attrs)
    }
  }

  const groupEvents = (live: LiveFamily, name: EventName): (readonly [EventName, CtrlAttrs])[] =>
    [...live.groups].map(([group, number]) => [name, groupAttrs(live, group, number)])

  return {
    group: (ctx, live, event, name, group) => each(ctx, live, [[event, groupAttrs(live, name, group)]]),
    added: (ctx, live) =>
      each(ctx, live, [['newfamily', familyAttrs(live, rules)], ...groupEvents(live, 'newmcast-grp')]),
    removed: (ctx, live) =>
      each(ctx, live, [...groupEvents(live, 'delmcast-grp'), ['delfamily', familyAttrs(live, rules)]]),
  }
}
