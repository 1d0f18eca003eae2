import type { Brand, IpAddress } from '@nltool/nl-core/model'
import {
  array,
  as,
  attributeSet,
  be16,
  body,
  bytes,
  family,
  fixed,
  flag,
  headed,
  type Infer,
  i32,
  ip,
  map,
  nested,
  nulString,
  pad,
  type RawAttribute,
  records,
  struct,
  structs,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'

/** Whether two types are the same, optionality and readonly included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function check<_True extends true>(): void {}

type IfIndex = Brand<number, 'IfIndex'>

const ndmsg = struct('ndmsg', { family, pad: pad(3), ifindex: as<IfIndex>(i32), mac: fixed(6), total: u64 })
type Header = Infer<typeof ndmsg>
check<
  Same<
    { readonly [K in keyof Header]: Header[K] },
    { readonly family: number; readonly ifindex: IfIndex; readonly mac: Uint8Array; readonly total: bigint }
  >
>()

const inner = attributeSet({ RTAX_MTU: [2, 'mtu', u32] })
const leg = struct('leg', { len: u16, hops: u8 })
const attrs = attributeSet({
  NDA_DST: [1, 'dst', ip],
  NDA_LLADDR: [2, 'lladdr', bytes({ max: 32 })],
  NDA_IFINDEX: [8, 'ifindex', as<IfIndex>(u32)],
  NDA_NAME: [9, 'name', nulString({ max: 15 })],
  NDA_ON: [10, 'on', flag],
  NDA_NEST: [11, 'nest', nested(inner)],
  NDA_NEXT: [12, 'legs', records(leg, 'len', () => inner)],
  NDA_PEER: [13, 'peer', headed(leg, inner)],
  NDA_LIST: [14, 'list', array(nested(inner))],
  NDA_MAP: [15, 'byType', map(u64)],
  NDA_GROUP: [16, 'group', structs(leg)],
  NDA_SEEN: [17, 'seen', u32, { multi: true }],
})
type Attrs = Infer<typeof attrs>
check<Same<Attrs['dst'], IpAddress | undefined>>()
check<Same<Attrs['lladdr'], Uint8Array | undefined>>()
check<Same<Attrs['ifindex'], IfIndex | undefined>>()
check<Same<Attrs['name'], string | undefined>>()
check<Same<Attrs['on'], boolean | undefined>>()
check<Same<NonNullable<Attrs['nest']>['mtu'], number | undefined>>()
check<Same<NonNullable<Attrs['byType']>, ReadonlyMap<number, bigint>>>()
check<Same<NonNullable<Attrs['seen']>, readonly number[]>>()
check<Same<Attrs['unknown'], readonly RawAttribute[] | undefined>>()
check<Same<NonNullable<Attrs['peer']>['header']['len'], number>>()
check<Same<NonNullable<Attrs['list']>[number]['mtu'], number | undefined>>()
check<Same<NonNullable<Attrs['group']>[number]['hops'], number>>()

declare const decoded: Attrs
// The length of a record is computed, so nobody can give a wrong one.
// @ts-expect-error the field does not exist
decoded.legs?.[0]?.header.len
// @ts-expect-error decoded objects are not written to
decoded.name = 'x'
// @ts-expect-error no row has this property
decoded.mtu

const schema = body(ndmsg, attrs)
type Message = Infer<typeof schema>
check<Same<Message['attrs'], Attrs>>()

declare const header: Header
schema.encode({ header, attrs: {} }, 'linux')
schema.encode({ header, attrs: { name: undefined } }, 'freebsd')
// @ts-expect-error a plain number is no IfIndex
schema.encode({ header, attrs: { ifindex: 3 } }, 'freebsd')
// @ts-expect-error text is no address
schema.encode({ header, attrs: { dst: '192.0.2.1' } }, 'freebsd')
// @ts-expect-error the header must be whole
schema.encode({ header: { family: 2 }, attrs: {} }, 'freebsd')
// @ts-expect-error there are two ABIs
schema.encode({ header, attrs: {} }, 'plan9')
// @ts-expect-error text cannot stand in a structure
struct('bad', { name: nulString() })

attributeSet({ A: [1, 'a', u16, { linux: { value: be16 } }] })
// @ts-expect-error the layouts of one attribute decode to the same type
attributeSet({ A: [1, 'a', u16, { linux: { value: u64 } }] })
// @ts-expect-error a value is no number
attributeSet({ A: [1, 'a', 4] })
