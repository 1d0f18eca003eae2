import { NetlinkError } from '@nltool/nl-core/errno'
import { custom, type Value, type ValueSpec } from '@nltool/nl-core/wire'

/** Names of the integers of 4 or 8 bytes; policies know them by these. */
export const variableIntegers = { uint: 'uint', sint: 'sint' } as const

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

/** NLA_UINT of Linux: an unsigned integer in 4 bytes if it fits, else in 8. */
export const uint: Value<bigint> = custom(variableIntegers.uint, {
  decode(bytes) {
    if (bytes.length === 8) return viewOf(bytes).getBigUint64(0, true)
    return bytes.length === 4 ? BigInt(viewOf(bytes).getUint32(0, true)) : refuseLength(bytes.length)
  },
  encode: value => encodeInteger(value, value <= 0xffff_ffffn),
})

/** NLA_SINT of Linux: a signed integer in 4 bytes if it fits, else in 8. */
export const sint: Value<bigint> = custom(variableIntegers.sint, {
  decode(bytes) {
    if (bytes.length === 8) return viewOf(bytes).getBigInt64(0, true)
    return bytes.length === 4 ? BigInt(viewOf(bytes).getInt32(0, true)) : refuseLength(bytes.length)
  },
  encode: value => encodeInteger(value, value >= -0x8000_0000n && value <= 0x7fff_ffffn),
})

/** Whether a value is {@link uint} or {@link sint}. */
export function isVariableInteger(value: ValueSpec): value is Extract<ValueSpec, { kind: 'custom' }> {
  return value.kind === 'custom' && Object.hasOwn(variableIntegers, value.name)
}
