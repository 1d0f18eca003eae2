import { align4 } from '@nltool/nl-core'
import { attributeSet, type Body, body, fixed, type RawAttribute, struct, u8, u16 } from '@nltool/nl-core/wire'
import { GENL_CMD_CAP_DO, GENL_CMD_CAP_DUMP } from '../constants.ts'
import type { Mode } from '../messages.ts'
import type { CtrlAttrs } from '../nlctrl/schema.ts'

/** An operation as the kernel lists it. */
export interface OperationInfo {
  /** Command number. */
  readonly cmd: number
  /** GENL_ADMIN_PERM, GENL_CMD_CAP_DO, GENL_CMD_CAP_DUMP, GENL_CMD_CAP_HASPOL, GENL_UNS_ADMIN_PERM. */
  readonly flags: number
}

/** What a kernel says of a family. Plain data; JSON of it has the same shape. */
export interface FamilyInfo {
  /** `nlmsg_type` of its messages in this kernel. */
  readonly id: number
  readonly name: string
  readonly version: number
  /** Bytes of the fixed header between `genlmsghdr` and the attributes. */
  readonly hdrsize: number
  readonly maxattr: number
  readonly ops: readonly OperationInfo[]
  readonly groups: readonly { readonly name: string; readonly id: number }[]
}

/** A {@link FamilyInfo} from the attributes of CTRL_CMD_NEWFAMILY; what an old kernel leaves out is 0 or empty. */
export function familyInfo(attrs: CtrlAttrs): FamilyInfo {
  const { familyId = 0, familyName = '', version = 0, hdrsize = 0, maxattr = 0, ops = [], mcastGroups = [] } = attrs
  return {
    id: familyId,
    name: familyName,
    version,
    hdrsize,
    maxattr,
    ops: ops.map(({ id = 0, flags = 0 }) => ({ cmd: id, flags })),
    groups: mcastGroups.map(({ name = '', id = 0 }) => ({ name, id })),
  }
}

/** Whether a family says that it takes a command in a mode. */
export function hasOp(info: FamilyInfo, cmd: number, mode: Mode): boolean {
  const capability = mode === 'do' ? GENL_CMD_CAP_DO : GENL_CMD_CAP_DUMP
  return info.ops.some(op => op.cmd === cmd && (op.flags & capability) !== 0)
}

/** A message of a family whose definition is not at hand. */
export interface RawMessage {
  readonly cmd: number
  readonly version: number
  /** The family's own fixed header; empty for most. */
  readonly header: Uint8Array
  /** Attributes in the order of the message, flag bits of `type` included. */
  readonly attrs: readonly RawAttribute[]
}

interface RawBody {
  readonly header: {
    readonly cmd: number
    readonly version: number
    readonly reserved: number
    readonly own: Uint8Array
  }
  readonly attrs: { readonly unknown?: readonly RawAttribute[] | undefined }
}

/** Schema of a family's messages without its attributes. */
export function rawBody(info: FamilyInfo): Body<RawBody> {
  const own = align4(info.hdrsize)
  return body(struct(`${info.name} header`, { cmd: u8, version: u8, reserved: u16, own: fixed(own) }), attributeSet({}))
}

/** From the schema's object to a {@link RawMessage}. */
export function rawMessage({ header, attrs }: RawBody): RawMessage {
  return { cmd: header.cmd, version: header.version, header: header.own, attrs: attrs.unknown ?? [] }
}
