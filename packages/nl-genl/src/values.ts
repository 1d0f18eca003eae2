import { NetlinkError } from '@nltool/nl-core/errno'
import { custom, type Value, type ValueSpec } from '@nltool/nl-core/wire'

/** What a receiver accepts of an integer. Shown in policies. */
export interface Limits {
  readonly min?: bigint
  readonly max?: bigint
  /** Bits that may be set. */
  readonly mask?: bigint
}

/** An integer of 4 or 8 bytes, as the policies know it. */
export type VariableInteger = Extract<ValueSpec, { kind: 'custom' }> & {
  readonly signed: boolean
  readonly limits: Limits
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function refuseLength(length: number): never {
  throw new NetlinkError('EINVAL', `an integer of ${length} bytes has neither 4 nor 8`)
}

function encodeInteger(value: bigint, fits: boolean): Uint8Array {
  const bytes = new Uint8Array(fits ? 4 : 8)
  if (fits) viewOf(bytes).setUint32(0, Number(BigInt.asUintN(32, value)), true)
  else viewOf(bytes).setBigUint64(0, BigInt.asUintN(64, value), true)
  return bytes
}

function variable(
  name: string,
  signed: boolean,
  decode: (view: DataView) => bigint,
  fits: (value: bigint) => boolean,
  limits: Limits,
): Value<bigint> {
  const value = custom<bigint>(name, {
    decode(bytes) {
      if (bytes.length !== 4 && bytes.length !== 8) return refuseLength(bytes.length)
      return decode(viewOf(bytes))
    },
    encode: number => encodeInteger(number, fits(number)),
  })
  return Object.assign(value, { signed, limits })
}

/** NLA_UINT of Linux: an unsigned integer in 4 bytes if it fits, else in 8. */
export function uintWithin(limits: Limits): Value<bigint> {
  const decode = (view: DataView): bigint =>
    view.byteLength === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true))
  return variable('uint', false, decode, value => value <= 0xffff_ffffn, limits)
}

/** NLA_SINT of Linux: a signed integer in 4 bytes if it fits, else in 8. */
export function sintWithin(limits: Limits): Value<bigint> {
  const decode = (view: DataView): bigint =>
    view.byteLength === 8 ? view.getBigInt64(0, true) : BigInt(view.getInt32(0, true))
  return variable('sint', true, decode, value => value >= -0x8000_0000n && value <= 0x7fff_ffffn, limits)
}

/** {@link uintWithin} without limits. */
export const uint: Value<bigint> = uintWithin({})
/** {@link sintWithin} without limits. */
export const sint: Value<bigint> = sintWithin({})

/** Whether a value is an integer of 4 or 8 bytes. */
export function isVariableInteger(value: ValueSpec): value is VariableInteger {
  return value.kind === 'custom' && 'limits' in value
}
