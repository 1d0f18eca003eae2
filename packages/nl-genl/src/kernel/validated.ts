import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import type { Body, BodyCodec, Frame, RawAttribute } from '@nltool/nl-core/wire'
import type { GenericHeader } from '../header.ts'
import type { Attrs, GenericBody } from '../messages.ts'
import type { PolicyEntry, PolicyTable } from '../policy/table.ts'
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

/** Requests whose attributes are left to the handler, undecoded and unchecked. */
export function headersOnly(inner: Body<GenericBody>): Body<ValidatedBody> {
  const size = inner.header.size
  const codec = perAbi((abi): BodyCodec<ValidatedBody> => {
    const plain = inner.codec(abi)
    function decode(frame: Frame, start: number, end: number): ValidatedBody {
      const attrs = Math.min(end, start + size)
      const { header, attrs: none } = plain.decodeShort(frame, start, attrs)
      return new CheckedBody(header, none, undefined, frame.view, attrs, end)
    }
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

/** Liberal validation lets longer integers and fixed bytes pass, of which the first count; the codec wants them exact. */
function decodeLenient(
  plain: BodyCodec<GenericBody>,
  policy: PolicyTable,
  frame: Frame,
  start: number,
  end: number,
  header: number,
): GenericBody {
  if (!hasLong(policy, frame.view, start + header, end)) return plain.decodeShort(frame, start, end)
  const cut = cutLong(policy, frame.bytes.subarray(start, end), header)
  return plain.decodeShort({ bytes: cut, words: undefined, view: new DataView(cut.buffer) }, 0, cut.length)
}

/** The bytes that count of a payload. */
function widthOf(entry: PolicyEntry | undefined): number {
  if (entry?.kind === 'integer') return entry.size
  return entry?.kind === 'binary' && entry.min === entry.max ? entry.max : Number.POSITIVE_INFINITY
}

/** Whether an attribute is longer than its width, which hardly ever happens. */
function hasLong(policy: PolicyTable, view: DataView, start: number, end: number): boolean {
  for (let at = start; end - at >= NLA_HDRLEN; ) {
    const length = view.getUint16(at, true)
    if (length < NLA_HDRLEN || length > end - at) return false
    const entry = policy.entries.get(view.getUint16(at + 2, true) & NLA_TYPE_MASK)
    if (length > NLA_HDRLEN + widthOf(entry)) return true
    at += align4(length)
  }
  return false
}

/** The body with every attribute cut to its width. */
function cutLong(policy: PolicyTable, body: Uint8Array, header: number): Uint8Array<ArrayBuffer> {
  const source = new DataView(body.buffer, body.byteOffset, body.length)
  const result = new Uint8Array(align4(body.length))
  const target = new DataView(result.buffer)
  let written = header
  result.set(body.subarray(0, header))
  for (let at = header; body.length - at >= NLA_HDRLEN; ) {
    const length = source.getUint16(at, true)
    if (length < NLA_HDRLEN || length > body.length - at) break
    const entry = policy.entries.get(source.getUint16(at + 2, true) & NLA_TYPE_MASK)
    const kept = Math.min(length, NLA_HDRLEN + widthOf(entry))
    result.set(body.subarray(at, at + kept), written)
    target.setUint16(written, kept, true)
    written += align4(kept)
    at += align4(length)
  }
  return result.slice(0, written)
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
