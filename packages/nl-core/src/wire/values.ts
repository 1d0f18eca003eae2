import type { Abi } from '../model/abi.ts'
import type { IpAddress } from '../model/ip.ts'
import type {
  AttributeSet,
  AttributeSetSpec,
  BodyOf,
  FixedField,
  IntSpec,
  PadField,
  Scalar,
  Struct,
  Value,
  ValueSpec,
} from './schema.ts'

/** The largest payload of an attribute: `nla_len` is 16 bits wide and counts its own 4-byte header. */
export const attributeBytesMax = 65531

function int<T>(size: 1 | 2 | 4 | 8, signed: boolean, big: boolean): Scalar<T> {
  return { kind: 'int', size, signed, big }
}

/** 8 bits. */
export const u8: Scalar<number> = int(1, false, false)
/** 16 bits in host byte order, which is little-endian, as of all integers but `be16`, `be32` and `be64`. */
export const u16: Scalar<number> = int(2, false, false)
/** 32 bits in host byte order. */
export const u32: Scalar<number> = int(4, false, false)
/** 64 bits in host byte order, as `bigint`. The kernel does not align them. */
export const u64: Scalar<bigint> = int(8, false, false)
/** 8 bits, signed. */
export const i8: Scalar<number> = int(1, true, false)
/** 16 bits in host byte order, signed. */
export const i16: Scalar<number> = int(2, true, false)
/** 32 bits in host byte order, signed. */
export const i32: Scalar<number> = int(4, true, false)
/** 64 bits in host byte order, signed, as `bigint`. */
export const i64: Scalar<bigint> = int(8, true, false)
/** 16 bits in network byte order: ports, Ethernet types. */
export const be16: Scalar<number> = int(2, false, true)
/** 32 bits in network byte order. */
export const be32: Scalar<number> = int(4, false, true)
/** 64 bits in network byte order, as `bigint`. */
export const be64: Scalar<bigint> = int(8, false, true)

/** An address family, one byte: decoded to FreeBSD's number whatever the ABI. See `familyFromAbi`. */
export const family: Scalar<number> = { kind: 'family', size: 1 }
/** An address family of two bytes, as in Linux's `struct rtvia`. */
export const family16: Scalar<number> = { kind: 'family', size: 2 }

/** An attribute without payload. Decodes to `true`; `false` is not written. */
export const flag: Value<boolean> = { kind: 'flag' }

/** 4 or 16 bytes in network order. */
export const ip: Value<IpAddress> = { kind: 'ip' }

/** An array of 32-bit integers in host byte order. */
export const u32s: Value<readonly number[]> = { kind: 'words', size: 4, signed: false }
/** An array of signed 32-bit integers in host byte order, such as IFLA_INET6_CONF. */
export const i32s: Value<readonly number[]> = { kind: 'words', size: 4, signed: true }
/** An array of 64-bit integers in host byte order, such as the counters of IFLA_INET6_STATS. */
export const u64s: Value<readonly bigint[]> = { kind: 'words', size: 8, signed: false }

/** Limits what a receiver accepts; a codec refuses only what does not fit the width. Shown in policies. */
export function range<T>(value: Scalar<T>, limits: Pick<IntSpec, 'min' | 'max' | 'mask'>): Scalar<T> {
  return { ...value, ...limits }
}

/** Text that must end in NUL; `max` counts bytes without it (IFNAMSIZ is 16, so an interface name has 15). */
export function nulString(options: { readonly max?: number } = {}): Value<string> {
  return { kind: 'string', max: options.max ?? attributeBytesMax - 1, nul: 'required' }
}

/** Text whose NUL is optional on input (IFLA_INFO_KIND); written with it. `max` counts bytes without it. */
export function string(options: { readonly max?: number } = {}): Value<string> {
  return { kind: 'string', max: options.max ?? attributeBytesMax - 1, nul: 'optional' }
}

/** Bytes as they are: of a fixed number, or between two. Decoded to a copy. */
export function bytes(
  options: { readonly length: number } | { readonly min?: number; readonly max?: number } = {},
): Value<Uint8Array> {
  if ('length' in options) return { kind: 'bytes', min: options.length, max: options.length }
  return { kind: 'bytes', min: options.min ?? 0, max: options.max ?? attributeBytesMax }
}

/** `struct nla_bitfield32`: values of the bits that `selector` names. `mask` is what a receiver accepts. */
export function bitfield32(mask = 0xffff_ffff): Value<{ readonly value: number; readonly selector: number }> {
  return { kind: 'bitfield32', mask }
}

/** A structure whose payload may go on after it, as newer kernels send; what follows survives a round trip. */
export function longer<T>(layout: Struct<T>): Value<T> {
  return { ...layout, exact: false }
}

/** Fixed structures one after another, such as the `struct nexthop_grp` of NHA_GROUP. */
export function structs<T>(layout: Struct<T>): Value<readonly T[]> {
  return { kind: 'structs', struct: layout }
}

/** Whether the kernel's nest carries NLA_F_NESTED; both are read. FreeBSD and old Linux code write none. */
interface NestOptions {
  readonly flagged?: boolean
}

const resolve = <T>(set: AttributeSet<T> | (() => AttributeSet<T>)): (() => AttributeSetSpec) =>
  typeof set === 'function' ? set : () => set

/** Attributes inside an attribute. A function lets a set contain itself. */
export function nested<T>(set: AttributeSet<T> | (() => AttributeSet<T>), options: NestOptions = {}): Value<T> {
  return { kind: 'nested', set: resolve(set), flagged: options.flagged ?? false }
}

/** A list: entries numbered 1, 2, … in `nla_type`. */
export function array<T>(item: Value<T>, options: NestOptions = {}): Value<readonly T[]> {
  return { kind: 'array', item, flagged: options.flagged ?? false }
}

/** Entries keyed by `nla_type`, in the order of the message. */
export function map<T>(item: Value<T>, options: NestOptions = {}): Value<ReadonlyMap<number, T>> {
  return { kind: 'map', item, flagged: options.flagged ?? false }
}

/**
 * Records one after another, each a structure whose field `length` holds the bytes of the record, followed by
 * attributes: the `struct rtnexthop` of RTA_MULTIPATH. The length is computed, so the objects do not have it.
 */
export function records<H, const L extends string & keyof H, A>(
  layout: Struct<H>,
  length: L,
  set: AttributeSet<A> | (() => AttributeSet<A>),
): Value<readonly BodyOf<Omit<H, L>, A>[]> {
  return { kind: 'records', struct: layout, length, set: resolve(set) }
}

/** A structure, then attributes, in one payload: VETH_INFO_PEER. */
export function headed<H, A>(layout: Struct<H>, set: AttributeSet<A> | (() => AttributeSet<A>)): Value<BodyOf<H, A>> {
  return { kind: 'headed', struct: layout, set: resolve(set) }
}

/** How a value that no other word describes is read and written. Both throw a `NetlinkError` for what they refuse. */
export interface CustomCodec<T> {
  /** `bytes` is a view of the payload: copy what is kept. */
  readonly decode: (bytes: Uint8Array, abi: Abi) => T
  readonly encode: (value: T, abi: Abi) => Uint8Array
}

/** A payload with a codec of its own; `name` stands in messages and in the reference. */
export function custom<T>(name: string, codec: CustomCodec<T>): Value<T> {
  return { kind: 'custom', name, decode: codec.decode, encode: codec.encode }
}

/** Gives a value a narrower type, such as a branded number: `as<IfIndex>(u32)`. The bytes are the same. */
export function as<T>(value: Scalar<T extends bigint ? bigint : number>): Scalar<T>
export function as<T>(value: ValueSpec): Value<T>
export function as<T>(value: ValueSpec): Value<T> {
  return value
}

/** `size` bytes of padding in a structure: written as zero, not shown. */
export function pad(size: number): PadField {
  return { kind: 'pad', size }
}

/** `size` bytes as they are, in a structure. */
export function fixed(size: number): FixedField {
  return { kind: 'fixed', size }
}
