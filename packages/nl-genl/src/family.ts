import type { AttributeSetSpec, Infer, StructSpec } from '@nltool/nl-core/wire'

/** Attribute sets of a family, by name. */
export interface AttributeSets {
  readonly [name: string]: AttributeSetSpec
}

/** Who may join a multicast group. `net-admin` is checked where the personality says: at joining, or at delivery. */
export interface GroupDefinition {
  readonly cap?: 'net-admin'
}

/** Multicast groups of a family, in the order of their numbers. */
export interface GroupDefinitions {
  readonly [name: string]: GroupDefinition
}

/** Properties of an attribute set. */
export type PropertyOf<S> = Exclude<keyof Infer<S> & string, 'unknown'>

/** A request and its answer: properties of the operation's attribute set. */
export interface Exchange<Property extends string = string> {
  /** Attributes that a request may carry; the validation policy is made of them. Absent: none, any other is refused. */
  readonly request?: readonly Property[]
  /** Attributes of an answer. Absent: the operation is answered by an acknowledgement only. */
  readonly reply?: readonly Property[]
  /** Command of the answers, if not the operation's own. */
  readonly replyCmd?: number
  /**
   * `liberal` passes over unknown attributes, trailing bytes, flag bits of nests and overlong integers
   * (GENL_DONT_VALIDATE_STRICT, GENL_DONT_VALIDATE_DUMP_STRICT); `none` does not look at attributes at all
   * (GENL_DONT_VALIDATE_DUMP), the handler has them undecoded, in `attributes`. Both only for commands below
   * `resvStartOp`. Default `strict`.
   */
  readonly validate?: 'strict' | 'liberal' | 'none'
}

interface OperationBase {
  /** Command number, 0 … 255. */
  readonly cmd: number
  readonly doc?: string
}

/** An operation that user space asks for. */
export interface RequestOperation<Set, Property extends string> extends OperationBase {
  /** Name of the attribute set of its messages. */
  readonly set: Set
  /** `admin-perm`: needs CAP_NET_ADMIN; `uns-admin-perm`: needs it in the user namespace that owns the network stack. */
  readonly flags?: readonly ('admin-perm' | 'uns-admin-perm')[]
  readonly do?: Exchange<Property>
  readonly dump?: Exchange<Property>
  /** The handler needs the sending process: refused with EOPNOTSUPP on a socket that works asynchronously. */
  readonly needsCaller?: boolean
}

/** A message that the kernel sends to a group, with the attributes of another operation's answer. */
export interface NotifyOperation<Group> extends OperationBase {
  /** Name of the operation whose answer it repeats. */
  readonly notify: string
  readonly group: Group
  /** `version` of `genlmsghdr`, if not the family's. */
  readonly version?: number
}

/** A message that the kernel sends to a group, with attributes of its own. */
export interface EventOperation<Set, Property extends string, Group> extends OperationBase {
  readonly set: Set
  readonly event: readonly Property[]
  /** Group to which it goes, unless the sender names another one. */
  readonly group?: Group
  /** `version` of `genlmsghdr`, if not the family's. */
  readonly version?: number
}

/** Any operation of a family with these sets and groups. */
export type OperationOf<Sets extends AttributeSets, Groups extends GroupDefinitions> =
  | {
      [Set in keyof Sets & string]:
        | RequestOperation<Set, PropertyOf<Sets[Set]>>
        | EventOperation<Set, PropertyOf<Sets[Set]>, keyof Groups & string>
    }[keyof Sets & string]
  | NotifyOperation<keyof Groups & string>

/** Operations of a family by name. */
export interface OperationsOf<Sets extends AttributeSets, Groups extends GroupDefinitions> {
  readonly [name: string]: OperationOf<Sets, Groups>
}

/** A generic netlink family: plain data. Ids and group numbers are given by the kernel that registers it. */
export interface Family<
  Sets extends AttributeSets = AttributeSets,
  Groups extends GroupDefinitions = GroupDefinitions,
  Ops extends OperationsOf<Sets, Groups> = OperationsOf<Sets, Groups>,
  Header extends StructSpec | undefined = StructSpec | undefined,
> {
  /** 1 … 15 bytes; compared byte by byte. */
  readonly name: string
  /** 0 … 255. */
  readonly version: number
  /** The fixed header between `genlmsghdr` and the attributes. */
  readonly header?: Header
  /** What CTRL_ATTR_MAXATTR reports. Default 0: every operation has a policy of its own, as in Linux's newer families. */
  readonly maxattr?: number
  /** Visible in every network namespace; otherwise only in the initial one (Linux personality). */
  readonly netns?: boolean
  /** Handlers of different sockets may overlap; otherwise they run one at a time with those of other serial families. */
  readonly parallel?: boolean
  /** First command whose requests get the strict header checks of the Linux personality; 0, the default: all. */
  readonly resvStartOp?: number
  readonly groups: Groups
  readonly sets: Sets
  readonly ops: Ops
  readonly doc?: string
}

/** Any family. */
export type AnyFamily = Family

/**
 * Defines a family. The result is the argument, typed: nothing is registered, and one definition can be live in several
 * kernels at once. Policies, capability bits, codecs, TypeScript types and client calls are derived from it.
 *
 * ```ts
 * const dummy = defineFamily({
 *   name: 'nldummy', version: 1,
 *   groups: { counters: {} },
 *   sets: { counter: attributeSet({ ID: [1, 'id', u32], VALUE: [3, 'value', u64] }) },
 *   ops: { 'counter-get': { cmd: 4, set: 'counter', do: { request: ['id'], reply: ['id', 'value'] }, dump: { reply: ['id', 'value'] } } },
 * })
 * ```
 */
export function defineFamily<
  const Sets extends AttributeSets,
  const Groups extends GroupDefinitions,
  const Ops extends OperationsOf<Sets, Groups>,
  const Header extends StructSpec | undefined = undefined,
>(definition: Family<Sets, Groups, Ops, Header>): Family<Sets, Groups, Ops, Header> {
  return definition
}
