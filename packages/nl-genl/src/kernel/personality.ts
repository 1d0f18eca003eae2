import type { Errno } from '@nltool/nl-core/errno'

/**
 * Where FreeBSD's and Linux's generic netlink mean different things, as one row each. What depends on the asking
 * program instead (numbers of errnos, sign, reply flags, the number of the group `notify`) belongs to the ABI.
 */
export interface GenericPersonality {
  /** A message too short for its headers is refused before its family is looked up. */
  readonly lengthFirst: boolean
  /** Answer to an `nlmsg_type` that names no family. */
  readonly unknownFamily: Errno
  /** The length must cover the family's fixed header too; otherwise it is extended with zeros. */
  readonly fullHeader: boolean
  /** From `resvStartOp` on, `reserved` must be 0 and `nlmsg_flags` unambiguous. */
  readonly strictHeaders: boolean
  /** What decides between strict and liberal validation: the operation, or NETLINK_GET_STRICT_CHK of the socket. */
  readonly strictness: 'operation' | 'socket'
  /** Families without `netns` exist in the initial network stack only. */
  readonly namespaces: boolean
  readonly nlctrl: NlctrlRules
}

/** How the controller behaves. */
export interface NlctrlRules {
  /** Attributes of GETFAMILY: the policy of the table, or the lenient parser of FreeBSD with its texts. */
  readonly parser: 'policy' | 'native'
  /** A GETFAMILY without selector lists all families, whatever NLM_F_DUMP says; with one it never does. */
  readonly listsWithoutSelector: boolean
  /** With both selectors given: both must name one family, or the name decides. */
  readonly selectors: 'both' | 'name'
  /** `version` of the answer: the described family's, or the controller's own. */
  readonly replyVersion: 'described' | 'own'
  /** CTRL_ATTR_MAXATTR of nlctrl itself. */
  readonly maxattr: number
  /** CTRL_ATTR_OPS is in the order of the commands, or in that of the definition. */
  readonly opsOrder: 'command' | 'definition'
  /** CTRL_ATTR_OPS of nlctrl lists CTRL_CMD_GETPOLICY. It is answered in any case. */
  readonly listsGetPolicy: boolean
  /** An unknown name is offered to the module loader before it is refused. */
  readonly autoload: boolean
}

/** FreeBSD netlink_generic.c. */
const freebsd: GenericPersonality = {
  lengthFirst: true,
  unknownFamily: 'EOPNOTSUPP',
  fullHeader: false,
  strictHeaders: false,
  strictness: 'socket',
  namespaces: false,
  nlctrl: {
    parser: 'native',
    listsWithoutSelector: true,
    selectors: 'both',
    replyVersion: 'described',
    maxattr: 10,
    opsOrder: 'command',
    listsGetPolicy: false,
    autoload: false,
  },
}

/** Linux net/netlink/genetlink.c. */
const linux: GenericPersonality = {
  lengthFirst: false,
  unknownFamily: 'ENOENT',
  fullHeader: true,
  strictHeaders: true,
  strictness: 'operation',
  namespaces: true,
  nlctrl: {
    parser: 'policy',
    listsWithoutSelector: false,
    selectors: 'name',
    replyVersion: 'own',
    maxattr: 0,
    opsOrder: 'definition',
    listsGetPolicy: true,
    autoload: true,
  },
}

/** The rules of the two systems. */
export const genericPersonalities = { freebsd, linux } as const
