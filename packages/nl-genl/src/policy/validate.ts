import { align4, NLA_F_NESTED, NLA_HDRLEN, NLA_TYPE_MASK } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { describePolicy } from './describe.ts'
import type { Bounds, PolicyEntry, PolicyTable } from './table.ts'

/** Nesting that a message may have, its top level counted (Linux MAX_POLICY_RECURSION_DEPTH). */
const maxDepth = 10

/** Texts of Linux lib/nlattr.c; programs print them. */
const texts = {
  failed: 'Attribute failed policy validation',
  length: 'invalid attribute length',
  leftover: 'bytes leftover after parsing attributes',
} as const

/** One walk through the attributes of a message. */
interface Walk {
  readonly view: DataView
  /** Offset of the `nlmsghdr` in the view, from which offsets in errors count. */
  readonly base: number
  readonly strict: boolean
}

interface Attribute {
  /** Offset of the attribute in the view. */
  readonly at: number
  /** Offset and length of the payload. */
  readonly start: number
  readonly length: number
  readonly nested: boolean
}

/**
 * Checks the attributes between two offsets of a view against a policy, in the order and with the errnos and texts of
 * Linux `__nla_validate_parse`. `base` is where the message's `nlmsghdr` stands in the view: offsets in errors count
 * from there. Returns the warning that liberal validation gives for trailing bytes.
 * @throws NetlinkError EINVAL, ERANGE with the text, the offset of the attribute and its policy
 */
export function validateAttributes(policy: PolicyTable, walk: Walk, start: number, end: number): string | undefined {
  return checkList(policy, walk, start, end, 1)
}

function checkList(policy: PolicyTable, walk: Walk, start: number, end: number, depth: number): string | undefined {
  if (depth > maxDepth) throw new NetlinkError('EINVAL', 'allowed policy recursion depth exceeded')
  const { view } = walk
  let at = start
  while (end - at >= NLA_HDRLEN) {
    const length = view.getUint16(at, true)
    if (length < NLA_HDRLEN || length > end - at) break
    const type = view.getUint16(at + 2, true)
    const attribute = { at, start: at + NLA_HDRLEN, length: length - NLA_HDRLEN, nested: (type & NLA_F_NESTED) !== 0 }
    checkNumber(policy, type & NLA_TYPE_MASK, attribute, walk, depth)
    at += align4(length)
  }
  if (at >= end) return undefined
  if (walk.strict) throw new NetlinkError('EINVAL', texts.leftover)
  return texts.leftover
}

function checkNumber(policy: PolicyTable, number: number, attribute: Attribute, walk: Walk, depth: number): void {
  const entry = number === 0 ? undefined : policy.entries.get(number)
  if (entry !== undefined) checkAttribute(entry, attribute, walk, depth)
  else if (walk.strict) {
    const known = number > 0 && number <= policy.maxattr
    throw new NetlinkError('EINVAL', known ? 'Unsupported attribute' : 'Unknown attribute type', {
      offset: attribute.at - walk.base,
    })
  }
}

function checkAttribute(entry: PolicyEntry, attribute: Attribute, walk: Walk, depth: number): void {
  const refuse = (code: 'EINVAL' | 'ERANGE', text: string): never => {
    throw new NetlinkError(code, text, { offset: attribute.at - walk.base, policy: describePolicy(entry) })
  }
  if (walk.strict) checkForm(entry, attribute, refuse)
  checkValue[entry.kind](entry as never, attribute, refuse, walk, depth)
}

type Refuse = (code: 'EINVAL' | 'ERANGE', text: string) => never

/** What strict validation asks of the form: exact lengths of integers, and the nested flag where it belongs. */
function checkForm(entry: PolicyEntry, { length, nested }: Attribute, refuse: Refuse): void {
  if (entry.kind === 'integer' && length !== entry.size) refuse('EINVAL', texts.length)
  if (entry.kind === 'nested' && !nested) refuse('EINVAL', 'NLA_F_NESTED is missing')
  if (entry.kind !== 'nested' && nested) refuse('EINVAL', 'NLA_F_NESTED not expected')
}

type Check<Kind> = (
  entry: Extract<PolicyEntry, { kind: Kind }>,
  attribute: Attribute,
  refuse: Refuse,
  walk: Walk,
  depth: number,
) => void

const checkValue: { readonly [Kind in PolicyEntry['kind']]: Check<Kind> } = {
  integer(entry, attribute, refuse, walk) {
    if (attribute.length < entry.size) refuse('ERANGE', texts.failed)
    if (entry.bounded)
      checkBounds(entry, integerAt(walk.view, attribute.start, entry.size, entry), attribute, refuse, walk)
  },
  variable(entry, attribute, refuse, walk) {
    const { length } = attribute
    if (length !== 4 && length !== 8) return refuse('EINVAL', texts.length)
    if (entry.bounded) checkBounds(entry, integerAt(walk.view, attribute.start, length, entry), attribute, refuse, walk)
  },
  flag(_entry, { length }, refuse) {
    if (length > 0) refuse('ERANGE', texts.failed)
  },
  string(entry, { start, length }, refuse, { view }) {
    const last = length > 0 && view.getUint8(start + length - 1) === 0
    if (entry.nul && !hasNul(view, start, Math.min(length, entry.max + 1))) refuse('EINVAL', texts.failed)
    if (length === 0 || length - (last ? 1 : 0) > entry.max) refuse('ERANGE', texts.failed)
  },
  binary(entry, { length }, refuse, { strict }) {
    if (length < entry.min) refuse('ERANGE', texts.failed)
    if (length <= entry.max) return
    if (entry.min !== entry.max) refuse('ERANGE', texts.failed)
    if (strict) refuse('EINVAL', texts.length)
  },
  bitfield32({ mask }, { start, length }, refuse, { view }) {
    if (length !== 8) refuse('ERANGE', texts.failed)
    const value = view.getUint32(start, true)
    const selector = view.getUint32(start + 4, true)
    const outside = (selector & ~mask) | (value & ~mask) | (value & ~selector)
    if (mask === 0 || outside !== 0) refuse('EINVAL', texts.failed)
  },
  nested(entry, attribute, refuse, walk, depth) {
    const { start, length } = attribute
    if (length === 0) return
    if (length < NLA_HDRLEN) refuse('ERANGE', texts.failed)
    const inner = entry.inner()
    if (inner === undefined) return
    if (entry.array) checkElements(inner, attribute, refuse, walk, depth)
    else checkList(inner, walk, start, start + length, depth + 1)
  },
}

function checkElements(
  inner: PolicyTable,
  { start, length }: Attribute,
  refuse: Refuse,
  walk: Walk,
  depth: number,
): void {
  const end = start + length
  for (let at = start; end - at >= NLA_HDRLEN; ) {
    const size = walk.view.getUint16(at, true)
    if (size < NLA_HDRLEN || size > end - at) return
    const payload = size - NLA_HDRLEN
    if (payload > 0 && payload < NLA_HDRLEN) refuse('ERANGE', 'Array element too short')
    if (payload > 0) checkList(inner, walk, at + NLA_HDRLEN, at + size, depth + 1)
    at += align4(size)
  }
}

function checkBounds(
  { min, max, mask }: Bounds,
  value: bigint,
  { at }: Attribute,
  refuse: Refuse,
  { base }: Walk,
): void {
  if (value < min || value > max) refuse('ERANGE', 'integer out of range')
  // Linux gives no policy with this one.
  if (mask !== undefined && (value & ~mask) !== 0n)
    throw new NetlinkError('EINVAL', 'reserved bit set', { offset: at - base })
}

function integerAt(
  view: DataView,
  start: number,
  size: 1 | 2 | 4 | 8,
  { signed, big = false }: { readonly signed: boolean; readonly big?: boolean },
): bigint {
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(start) : view.getUint8(start))
    case 2:
      return BigInt(signed ? view.getInt16(start, !big) : view.getUint16(start, !big))
    case 4:
      return BigInt(signed ? view.getInt32(start, !big) : view.getUint32(start, !big))
    case 8:
      return signed ? view.getBigInt64(start, !big) : view.getBigUint64(start, !big)
  }
}

function hasNul(view: DataView, start: number, length: number): boolean {
  for (let pos = start; pos < start + length; pos++) if (view.getUint8(pos) === 0) return true
  return false
}
