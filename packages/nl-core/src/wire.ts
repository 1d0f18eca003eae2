export { attributeOf, attributeSet, valueIn } from './wire/attributes.ts'
export { type BodyOptions, body, type CodecFactory } from './wire/body.ts'
export type { Body, BodyCodec, Frame, Writer } from './wire/codec.ts'
export { compileBody, type Evaluate, newFunction } from './wire/compile.ts'
export {
  doneBody,
  type ErrorLayout,
  type ExtAck,
  errorLayout,
  extAckBody,
  nlmsgerr,
  nlmsgerrAttrs,
} from './wire/control.ts'
export {
  type AttributeDescription,
  type BodyDescription,
  describeBody,
  type FieldDescription,
  valueText,
} from './wire/describe.ts'
export { familyFromAbi, familyToAbi, linuxFamilyBase } from './wire/family.ts'
export { createWriter, frameOf, type WriterOptions } from './wire/frame.ts'
export { interpretBody } from './wire/interpret.ts'
export { attributeLength, nestingMax } from './wire/iterate.ts'
export { type LazyBody, lazyBody } from './wire/lazy.ts'
export {
  abortMessage,
  beginMessage,
  beginNest,
  endMessage,
  endNest,
  type Message,
  type MessageHeader,
  messageAt,
  messageLength,
  messages,
  nlmsghdr,
  putAttribute,
  writeMessage,
} from './wire/message.ts'
export { attributePathAt, missingPathAt } from './wire/path.ts'
export { type PolicyAttrs, type PolicyType, policyAttrs, policyTypes } from './wire/policy-attrs.ts'
export type * from './wire/schema.ts'
export { struct } from './wire/struct.ts'
export { type AttributeTree, decodeTree, encodeTree, type TreeAttribute } from './wire/tree.ts'
export {
  array,
  as,
  attributeBytesMax,
  be16,
  be32,
  be64,
  bitfield32,
  bytes,
  type CustomCodec,
  custom,
  family,
  family16,
  fixed,
  flag,
  headed,
  i8,
  i16,
  i32,
  i32s,
  i64,
  ip,
  longer,
  map,
  nested,
  nulString,
  pad,
  range,
  records,
  string,
  structs,
  u8,
  u16,
  u32,
  u32s,
  u64,
  u64s,
} from './wire/values.ts'
