import { align4, NLA_F_NESTED, NLA_HDRLEN, NLA_TYPE_MASK } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { describePolicy } from './describe.ts'
import type { PolicyEntry, PolicyTable } from './table.ts'

/** Nesting that a message may have, its top level counted (Linux MAX_POLICY_RECURSION_DEPTH). */
const maxDepth = 10

/** Texts of Linux lib/nlattr.c; programs print them. */
const texts = {
  failed: 'Attribute failed policy validation',
  length: 'invalid attribute length',
  leftover: 'bytes leftover after parsing attributes',
} as const

interface Attribute {
  readonly view: DataView
  /** Offset of the attribute from the start of the view, which is that of the message. */
  readonly offset: number
  /** Offset and length of the payload. */
  readonly start: number
  readonly length: number
  readonly nested: boolean
}

/**
 * Checks the attributes of a message against a policy, in the order and with the errnos and texts of Linux
 * `__nla_validate_parse`. `view` starts at the message's `nlmsghdr`, as offsets in errors count from there.
 * Returns the warning that liberal validation gives for trailing bytes.
 * @throws NetlinkError EINVAL, ERANGE with the text, the offset of the attribute and its policy
 */
export function validateAttributes(
  policy: PolicyTable,
  view: DataView,
  start: number,
  end: number,
  strict: boolean,
): string | undefined {
  return checkList(policy, view, start, end, strict, 1)
}

function checkList(
  policy: PolicyTable,
  view: DataView,
  start: number,
  end: number,
  strict: boolean,
  depth: number,
): string | undefined {
  if (depth > maxDepth) throw new NetlinkError('EINVAL', 'allowed policy recursion depth exceeded')
  let pos = start
  while (end - pos >= NLA_HDRLEN) {
    const length = view.getUint16(pos, true)
    if (length < NLA_HDRLEN || length > end - pos) break
    const type = view.getUint16(pos + 2, true)
    const attribute: Attribute = {
      view,
      offset: pos,
      start: pos + NLA_HDRLEN,
      length: length - NLA_HDRLEN,
      nested: (type & NLA_F_NESTED) !== 0,
    }
    checkNumber(policy, type & NLA_TYPE_MASK, attribute, strict, depth)
    pos += align4(length)
  }
  if (pos >= end) return undefined
  if (strict) throw new NetlinkError('EINVAL', texts.leftover)
  return texts.leftover
}

function checkNumber(policy: PolicyTable, number: number, attribute: Attribute, strict: boolean, depth: number): void {
  const { offset } = attribute
  if (number === 0 || number > policy.maxattr) {
    if (strict) throw new NetlinkError('EINVAL', 'Unknown attribute type', { offset })
    return
  }
  const entry = policy.entries.get(number)
  if (entry !== undefined) checkAttribute(entry, attribute, strict, depth)
  else if (strict) throw new NetlinkError('EINVAL', 'Unsupported attribute', { offset })
}

function checkAttribute(entry: PolicyEntry, attribute: Attribute, strict: boolean, depth: number): void {
  const refuse = (code: 'EINVAL' | 'ERANGE', text: string): never => {
    throw new NetlinkError(code, text, { offset: attribute.offset, policy: describePolicy(entry) })
  }
  if (strict) checkForm(entry, attribute, refuse)
  checkValue[entry.kind](entry as never, attribute, refuse, strict, depth)
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
  strict: boolean,
  depth: number,
) => void

const checkValue: { readonly [Kind in PolicyEntry['kind']]: Check<Kind> } = {
  integer(entry, attribute, refuse) {
    if (attribute.length < entry.size) refuse('ERANGE', texts.failed)
    checkLimits(entry, integerAt(attribute, entry.size, entry.signed, !entry.big), attribute, refuse)
  },
  variable(entry, attribute, refuse) {
    const { length } = attribute
    if (length !== 4 && length !== 8) return refuse('EINVAL', texts.length)
    checkLimits(entry, integerAt(attribute, length, entry.signed, true), attribute, refuse)
  },
  flag(_entry, { length }, refuse) {
    if (length > 0) refuse('ERANGE', texts.failed)
  },
  string(entry, { view, start, length }, refuse) {
    const last = length > 0 && view.getUint8(start + length - 1) === 0
    if (entry.nul && !hasNul(view, start, Math.min(length, entry.max + 1))) refuse('EINVAL', texts.failed)
    if (length === 0 || length - (last ? 1 : 0) > entry.max) refuse('ERANGE', texts.failed)
  },
  binary(entry, { length }, refuse, strict) {
    if (length < entry.min) refuse('ERANGE', texts.failed)
    if (length <= entry.max) return
    if (entry.min !== entry.max) refuse('ERANGE', texts.failed)
    if (strict) refuse('EINVAL', texts.length)
  },
  bitfield32({ mask }, { view, start, length }, refuse) {
    if (length !== 8) refuse('ERANGE', texts.failed)
    const value = view.getUint32(start, true)
    const selector = view.getUint32(start + 4, true)
    const outside = (selector & ~mask) | (value & ~mask) | (value & ~selector)
    if (mask === 0 || outside !== 0) refuse('EINVAL', texts.failed)
  },
  nested(entry, attribute, refuse, strict, depth) {
    const { length } = attribute
    if (length === 0) return
    if (length < NLA_HDRLEN) refuse('ERANGE', texts.failed)
    const inner = entry.inner()
    if (inner === undefined) return
    if (entry.array) checkElements(inner, attribute, refuse, strict, depth)
    else checkList(inner, attribute.view, attribute.start, attribute.start + length, strict, depth + 1)
  },
}

function checkElements(
  inner: PolicyTable,
  { view, start, length }: Attribute,
  refuse: Refuse,
  strict: boolean,
  depth: number,
): void {
  const end = start + length
  for (let pos = start; end - pos >= NLA_HDRLEN; ) {
    const size = view.getUint16(pos, true)
    if (size < NLA_HDRLEN || size > end - pos) return
    const payload = size - NLA_HDRLEN
    if (payload > 0 && payload < NLA_HDRLEN) refuse('ERANGE', 'Array element too short')
    if (payload > 0) checkList(inner, view, pos + NLA_HDRLEN, pos + size, strict, depth + 1)
    pos += align4(size)
  }
}

interface LimitsOf {
  readonly min: bigint
  readonly max: bigint
  readonly mask: bigint | undefined
}

function checkLimits({ min, max, mask }: LimitsOf, value: bigint, { offset }: Attribute, refuse: Refuse): void {
  if (value < min || value > max) refuse('ERANGE', 'integer out of range')
  // Linux gives no policy with this one.
  if (mask !== undefined && (value & ~mask) !== 0n) throw new NetlinkError('EINVAL', 'reserved bit set', { offset })
}

function integerAt({ view, start }: Attribute, size: 1 | 2 | 4 | 8, signed: boolean, little: boolean): bigint {
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(start) : view.getUint8(start))
    case 2:
      return BigInt(signed ? view.getInt16(start, little) : view.getUint16(start, little))
    case 4:
      return BigInt(signed ? view.getInt32(start, little) : view.getUint32(start, little))
    case 8:
      return signed ? view.getBigInt64(start, little) : view.getBigUint64(start, little)
  }
}

function hasNul(view: DataView, start: number, length: number): boolean {
  for (let pos = start; pos < start + length; pos++) if (view.getUint8(pos) === 0) return true
  return false
}
