import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import type { Body, BodyCodec, Frame, RawAttribute } from '@nltool/nl-core/wire'
import type { GenericHeader } from '../header.ts'
import type { Attrs, GenericBody } from '../messages.ts'
import type { PolicyTable } from '../policy/table.ts'
import { validateAttributes } from '../policy/validate.ts'

/** A decoded request, with what validation has to say about one that it lets pass. */
export interface ValidatedBody extends GenericBody {
  readonly warning?: string | undefined
  /** The attributes undecoded. */
  raw?(): readonly RawAttribute[]
}

/** A {@link ValidatedBody} over the bytes it was decoded from, which are the kernel's own copy. */
class CheckedBody implements ValidatedBody {
  readonly header: GenericHeader
  readonly attrs: Attrs
  readonly warning: string | undefined
  readonly #view: DataView
  readonly #start: number
  readonly #end: number

  constructor(
    header: GenericHeader,
    attrs: Attrs,
    warning: string | undefined,
    view: DataView,
    start: number,
    end: number,
  ) {
    this.header = header
    this.attrs = attrs
    this.warning = warning
    this.#view = view
    this.#start = start
    this.#end = end
  }

  raw(): readonly RawAttribute[] {
    return rawAttributes(this.#view, this.#start, this.#end)
  }
}

/** A body whose attributes are held against a policy before they are decoded. */
export function validatedBody(
  inner: Body<GenericBody>,
  policyIn: (abi: Abi) => PolicyTable,
  strict: boolean,
): Body<ValidatedBody> {
  const header = inner.header.size

  function make(abi: Abi): BodyCodec<ValidatedBody> {
    const plain = inner.codec(abi)
    const policy = policyIn(abi)

    function decode(frame: Frame, start: number, end: number): ValidatedBody {
      const attrs = start + header
      const walk = { view: frame.view, base: start - NLMSG_HDRLEN, strict }
      const warning = attrs < end ? validateAttributes(policy, walk, attrs, end) : undefined
      const { header: fixed, attrs: decoded } = strict
        ? plain.decodeShort(frame, start, end)
        : decodeLenient(plain, policy, frame, start, end, header)
      return new CheckedBody(fixed, decoded, warning, frame.view, attrs, end)
    }

    return { decode, decodeShort: decode, encode: plain.encode }
  }

  return { ...inner, codec: perAbi(make) }
}

/** Requests whose attributes nobody looks at: only the headers are decoded. */
export function headersOnly(inner: Body<GenericBody>): Body<ValidatedBody> {
  const header = inner.header.size
  const codec = perAbi((abi): BodyCodec<ValidatedBody> => {
    const plain = inner.codec(abi)
    const decode = (frame: Frame, start: number, end: number): GenericBody =>
      plain.decodeShort(frame, start, Math.min(end, start + header))
    return { decode, decodeShort: decode, encode: plain.encode }
  })
  return { ...inner, codec }
}

/** Makes a codec for each ABI once. */
function perAbi(make: (abi: Abi) => BodyCodec<ValidatedBody>): (abi: Abi) => BodyCodec<ValidatedBody> {
  const made: { [abi in Abi]?: BodyCodec<ValidatedBody> } = {}
  return abi => {
    made[abi] ??= make(abi)
    return made[abi]
  }
}

/** Liberal validation lets longer integers pass, of which the first bytes count; the codec wants them exact. */
function decodeLenient(
  plain: BodyCodec<GenericBody>,
  policy: PolicyTable,
  frame: Frame,
  start: number,
  end: number,
  header: number,
): GenericBody {
  const cut = cutIntegers(policy, frame.bytes.subarray(start, end), header)
  if (cut === undefined) return plain.decodeShort(frame, start, end)
  return plain.decodeShort({ bytes: cut, words: undefined, view: new DataView(cut.buffer) }, 0, cut.length)
}

/** The body with every integer attribute cut to its width; `undefined` if none is longer. */
function cutIntegers(policy: PolicyTable, body: Uint8Array, header: number): Uint8Array<ArrayBuffer> | undefined {
  const source = new DataView(body.buffer, body.byteOffset, body.length)
  const result = new Uint8Array(align4(body.length))
  const target = new DataView(result.buffer)
  let written = Math.min(header, body.length)
  let longer = false
  result.set(body.subarray(0, written))
  for (let pos = header; body.length - pos >= NLA_HDRLEN; ) {
    const length = source.getUint16(pos, true)
    if (length < NLA_HDRLEN || length > body.length - pos) break
    const entry = policy.entries.get(source.getUint16(pos + 2, true) & NLA_TYPE_MASK)
    const kept = entry?.kind === 'integer' ? Math.min(length, NLA_HDRLEN + entry.size) : length
    longer ||= kept < length
    result.set(body.subarray(pos, pos + kept), written)
    target.setUint16(written, kept, true)
    written += align4(kept)
    pos += align4(length)
  }
  return longer ? result.slice(0, written) : undefined
}

function rawAttributes(view: DataView, start: number, end: number): readonly RawAttribute[] {
  const attributes: RawAttribute[] = []
  for (let pos = start; end - pos >= NLA_HDRLEN; ) {
    const length = view.getUint16(pos, true)
    if (length < NLA_HDRLEN || length > end - pos) break
    const bytes = new Uint8Array(view.buffer, view.byteOffset + pos + NLA_HDRLEN, length - NLA_HDRLEN)
    attributes.push({ type: view.getUint16(pos + 2, true), bytes: bytes.slice() })
    pos += align4(length)
  }
  return attributes
}
