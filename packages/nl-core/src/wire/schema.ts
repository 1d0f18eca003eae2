import type { Abi } from '../model/abi.ts'
import type { IpAddress } from '../model/ip.ts'

/**
 * The vocabulary of schemas. A schema is plain data: the compiled codec, the interpreter, the policy, the printed names
 * and the TypeScript types are all derived from it. Nothing here reads or writes a byte.
 */

declare const valueType: unique symbol

/**
 * A fixed-width integer; 8 bytes decode to `bigint`, fewer to `number`. `min`, `max` and `mask` are what a receiver
 * accepts (the policy); the codec itself refuses only what does not fit the width.
 */
export interface IntSpec {
  readonly kind: 'int'
  readonly size: 1 | 2 | 4 | 8
  readonly signed: boolean
  /** Network byte order. */
  readonly big: boolean
  readonly min?: number | bigint
  readonly max?: number | bigint
  /** Bits that may be set. */
  readonly mask?: number | bigint
}

/** What the bytes of a value are. The `kind` picks the code; the rest are its parameters. */
export type ValueSpec =
  | IntSpec
  | FamilySpec
  | { readonly kind: 'flag' } // no payload
  | { readonly kind: 'string'; readonly max: number; readonly nul: 'required' | 'optional' } // `max` counts characters without the NUL
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'ip' } // 4 or 16 bytes, network order
  | { readonly kind: 'words'; readonly size: 4 | 8; readonly signed: boolean } // an array of host-order integers
  | { readonly kind: 'bitfield32'; readonly mask: number } // struct nla_bitfield32; `mask` is the bits that the policy allows
  | StructSpec // a fixed structure
  | { readonly kind: 'structs'; readonly struct: StructSpec } // fixed structures one after another
  | { readonly kind: 'nested'; readonly set: () => AttributeSetSpec; readonly flagged: boolean } // `flagged`: written with NLA_F_NESTED
  | { readonly kind: 'array'; readonly item: ValueSpec; readonly flagged: boolean } // entries numbered 1, 2, … in `nla_type`
  | { readonly kind: 'map'; readonly item: ValueSpec; readonly flagged: boolean } // entries keyed by `nla_type`
  | {
      readonly kind: 'records'
      readonly struct: StructSpec
      readonly length: string
      readonly set: () => AttributeSetSpec
    } // struct with own length, then attributes: struct rtnexthop
  | { readonly kind: 'headed'; readonly struct: StructSpec; readonly set: () => AttributeSetSpec } // struct, then attributes: VETH_INFO_PEER
  | CustomSpec

/** AF_*, numbered by the ABI and decoded to FreeBSD's number; see `familyFromAbi`. */
export interface FamilySpec {
  readonly kind: 'family'
  readonly size: 1 | 2
}

/** A payload with a codec of its own; both functions throw for what they refuse. */
export interface CustomSpec {
  readonly kind: 'custom'
  readonly name: string
  readonly decode: (bytes: Uint8Array, abi: Abi) => unknown
  readonly encode: (value: never, abi: Abi) => Uint8Array
}

/** A {@link ValueSpec} that decodes to `T`. */
export type Value<T> = ValueSpec & { readonly [valueType]?: (value: T) => T }

/** An integer that decodes to `T`; the only numbers that may also stand in a structure. */
export type Scalar<T> = (IntSpec | FamilySpec) & { readonly [valueType]?: (value: T) => T }

/** The TypeScript type of a value, struct, attribute set or body. */
export type Infer<S> = [S] extends [{ readonly [valueType]?: (value: infer T) => unknown }] ? T : never

/** Padding in a structure: written as zero, not shown. */
export interface PadField {
  readonly kind: 'pad'
  readonly size: number
}

/** Bytes of a fixed number in a structure. */
export interface FixedField {
  readonly kind: 'fixed'
  readonly size: number
  readonly [valueType]?: (value: Uint8Array) => Uint8Array
}

/** One field of a fixed structure. */
export type FieldSpec = IntSpec | FamilySpec | PadField | FixedField

/** A fixed structure in host byte order, fields in order, without hidden padding. Also a value: one of it. */
export interface StructSpec {
  readonly kind: 'struct'
  /** As a value: payloads longer than the structure are refused. */
  readonly exact: boolean
  readonly name: string
  readonly size: number
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly spec: FieldSpec }[]
}

/** The fields of a structure by name, in order. */
export interface Fields {
  readonly [name: string]: FieldSpec
}

/** The object that a structure with these fields decodes to; padding has no property. */
export type StructOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends { readonly kind: 'pad' } ? never : K]: Infer<F[K]>
}

/** A structure that decodes to `T`. */
export type Struct<T> = StructSpec & { readonly [valueType]?: (value: T) => T }

/** Where the systems differ in one attribute, and what else is peculiar to it. */
export interface RowOptions {
  /**
   * Number in the Linux ABI where it is another; `null` where Linux has no such attribute; the value, and the number
   * if that differs too, where the layout is another. Both layouts decode to the same type.
   */
  readonly linux?: number | null | { readonly number?: number; readonly value: ValueSpec }
  /** `null` where FreeBSD has no such attribute; the row's number is then Linux's. */
  readonly freebsd?: null
  /** May occur several times: decoded to an array. */
  readonly multi?: true
  /** One sentence for the generated reference. */
  readonly doc?: string
}

/** One attribute: number, property, value. The row's key is the name in the header file. */
export type Row = readonly [number: number, property: string, value: ValueSpec, options?: RowOptions]

/** Rows of an attribute set, by the names that the header files give them. Their order is the order of encoding. */
export interface Rows {
  readonly [name: string]: Row
}

/** One attribute of a set, resolved. */
export interface AttributeSpec {
  readonly name: string
  readonly property: string
  readonly value: ValueSpec
  /** The Linux layout where it is another. */
  readonly linuxValue?: ValueSpec | undefined
  readonly multi: boolean
  /** Number in each ABI; `undefined` where the system lacks it. */
  readonly number: { readonly [abi in Abi]: number | undefined }
  readonly doc?: string | undefined
}

/** A numbered set of attributes, such as NDA_*. */
export interface AttributeSetSpec {
  readonly attributes: readonly AttributeSpec[]
}

/** An attribute set that decodes to `T`. */
export type AttributeSet<T> = AttributeSetSpec & { readonly [valueType]?: (value: T) => T }

/** An attribute that no row describes, as it stood in the message. It is written back on encoding. */
export interface RawAttribute {
  /** `nla_type` whole, with its flag bits. */
  readonly type: number
  readonly bytes: Uint8Array
}

type ValueOfRow<R extends Row> = R extends readonly [number, string, unknown, { readonly multi: true }]
  ? readonly Infer<R[2]>[]
  : Infer<R[2]>

/** Rows whose Linux layout decodes to the type of their FreeBSD layout; one that does not is a compile error. */
export type SameTypes<R extends Rows> = {
  readonly [K in keyof R]: R[K] extends readonly [
    number,
    string,
    infer V,
    { readonly linux: { readonly value: infer L } },
  ]
    ? [Infer<L>, Infer<V>] extends [Infer<V>, Infer<L>]
      ? R[K]
      : readonly [number, string, V, { readonly linux: { readonly value: V } }]
    : R[K]
}

/** The object that a set with these rows decodes to. Absent attributes are `undefined`. */
export type AttrsOf<R extends Rows> = {
  readonly [K in keyof R as R[K][1]]?: ValueOfRow<R[K]> | undefined
} & { readonly unknown?: readonly RawAttribute[] | undefined }

/** Translation that renumbering cannot express, on the typed body; both are pure. */
export interface AbiHooks<T> {
  /** From what a Linux program means to what the model means. */
  readonly fromAbi: (body: T) => T
  /** From what the model means to what a Linux program expects. */
  readonly toAbi: (body: T) => T
}

/** What stands in the bytes of a message body: fixed header and attributes. */
export interface BodyLayout {
  readonly header: StructSpec
  readonly attrs: AttributeSetSpec
}

/** A message body. */
export interface BodySpec<T> extends BodyLayout {
  readonly linux?: AbiHooks<T> | undefined
  readonly [valueType]?: (value: T) => T
}

/** A decoded body. */
export interface BodyOf<H, A> {
  readonly header: H
  readonly attrs: A
}

/** An address as a value; text on demand. */
export type { IpAddress }
