import { type Abi, type Message, type Operation, operation } from '@nltool/nl-core'
import { GENL_ID_CTRL, GENL_NOTIFY_GROUP_FREEBSD, GENL_NOTIFY_GROUP_LINUX } from '../constants.ts'
import { headerOnly } from '../header.ts'
import { type AnyRequestOperation, type GenericBody, type Mode, messagesOf } from '../messages.ts'
import { type CtrlAttrs, nlctrl } from '../nlctrl/schema.ts'
import { familyInfo } from './family-info.ts'
import type { FamilyChange } from './types.ts'

const messages = messagesOf(nlctrl)

function row(name: string, op: AnyRequestOperation, mode: Mode): Operation<GenericBody> {
  const body = messages.request(op, mode)
  return operation({ name, type: GENL_ID_CTRL, body }, messages.reply(op, mode) ?? body)
}

/** Requests to nlctrl. */
export const controllerRequests = {
  getFamily: row('CTRL_CMD_GETFAMILY', nlctrl.ops.getfamily, 'do'),
  listFamilies: row('CTRL_CMD_GETFAMILY', nlctrl.ops.getfamily, 'dump'),
  getPolicy: row('CTRL_CMD_GETPOLICY', nlctrl.ops.getpolicy, 'dump'),
} as const

/** The body of a request to nlctrl. Its version byte is 1, as other programs send it; no kernel compares it. */
export function controllerBody(cmd: number, attrs: CtrlAttrs): GenericBody {
  return { header: { cmd, version: 1, reserved: 0 }, attrs: { ...attrs } }
}

/** The attributes of an answer of nlctrl. */
export function ctrlAttrsOf(body: GenericBody): CtrlAttrs {
  return body.attrs
}

/** Messages of nlctrl to its group, by command. */
const events = new Map(
  (['newfamily', 'delfamily', 'newmcast-grp', 'delmcast-grp'] as const).map(event => {
    const row = nlctrl.ops[event]
    return [row.cmd as number, { event, body: messages.event(row) }] as const
  }),
)

/** What a message of nlctrl tells; `undefined` for anything else. */
export function familyChange(message: Message): FamilyChange | undefined {
  if (message.type !== GENL_ID_CTRL) return undefined
  const found = events.get(message.decode(headerOnly).header.cmd)
  return found && { event: found.event, family: familyInfo(ctrlAttrsOf(message.decode(found.body))) }
}

/** The group of nlctrl; programs of both systems know it without asking. */
export function notifyGroup(abi: Abi): number {
  return abi === 'linux' ? GENL_NOTIFY_GROUP_LINUX : GENL_NOTIFY_GROUP_FREEBSD
}
