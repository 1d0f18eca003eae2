import {
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_APPEND,
  NLM_F_ATOMIC,
  NLM_F_BULK,
  NLM_F_CAPPED,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_DUMP_FILTERED,
  NLM_F_DUMP_INTR,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_MATCH,
  NLM_F_MULTI,
  NLM_F_NONREC,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  NLM_F_ROOT,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@nltool/nl-core'
import { type BitNames, bitNames } from '../flag-names.ts'

const always: BitNames = [
  [NLM_F_REQUEST, 'REQUEST'],
  [NLM_F_MULTI, 'MULTI'],
  [NLM_F_ACK, 'ACK'],
  [NLM_F_ECHO, 'ECHO'],
  [NLM_F_DUMP_INTR, 'DUMP_INTR'],
  [NLM_F_DUMP_FILTERED, 'DUMP_FILTERED'],
]

/** Bits from 0x100 on mean something else for each kind of message, netlink(7). */
const byKind: Readonly<Record<'new' | 'get' | 'delete' | 'control' | 'other', BitNames>> = {
  new: [
    [NLM_F_REPLACE, 'REPLACE'],
    [NLM_F_EXCL, 'EXCL'],
    [NLM_F_CREATE, 'CREATE'],
    [NLM_F_APPEND, 'APPEND'],
  ],
  get: [
    [NLM_F_ROOT, 'ROOT'],
    [NLM_F_MATCH, 'MATCH'],
    [NLM_F_ATOMIC, 'ATOMIC'],
  ],
  delete: [
    [NLM_F_NONREC, 'NONREC'],
    [NLM_F_BULK, 'BULK'],
  ],
  control: [
    [NLM_F_CAPPED, 'CAPPED'],
    [NLM_F_ACK_TLVS, 'ACK_TLVS'],
  ],
  other: [],
}

/** NLM_F_ROOT and NLM_F_MATCH together. */
const dumpBits: BitNames = [[NLM_F_DUMP, 'DUMP']]

function kindOf(type: number, name: string): keyof typeof byKind {
  if (type === NLMSG_ERROR || type === NLMSG_DONE) return 'control'
  if (/_NEW|_SET/.test(name)) return 'new'
  if (name.includes('_GET')) return 'get'
  return name.includes('_DEL') ? 'delete' : 'other'
}

/** Names of `nlmsg_flags`, without NLM_F_; bits without a name as a hexadecimal number. */
export function messageFlags(flags: number, type: number, name: string): string[] {
  const kind = kindOf(type, name)
  // Parts of a dump carry the bits of their request on FreeBSD.
  const dump = (flags & NLM_F_DUMP) === NLM_F_DUMP && (kind === 'get' || (flags & NLM_F_MULTI) !== 0)
  const table = [...always, ...(dump ? dumpBits : byKind[kind])]
  const rest = table.reduce((left, [bit]) => left & ~bit, flags)
  return [...bitNames(flags, table), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])]
}
