import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import type { Body, BodyCodec, Frame, RawAttribute } from '@nltool/nl-core/wire'
import type { GenericBody } from '../messages.ts'
import type { PolicyTable } from '../policy/table.ts'
import { validateAttributes } from '../policy/validate.ts'

/** A decoded request, with what validation has to say about one that it lets pass. */
export interface ValidatedBody extends GenericBody {
  readonly warning?: string | undefined
  /** The attributes undecoded. */
  readonly raw?: () => readonly RawAttribute[]
}

/** A body whose attributes are held against a policy before they are decoded. */
export function validatedBody(
  inner: Body<GenericBody>,
  policyIn: (abi: Abi) => PolicyTable,
  strict: boolean,
): Body<ValidatedBody> {
  function codec(abi: Abi): BodyCodec<ValidatedBody> {
    const plain = inner.codec(abi)
    const policy = policyIn(abi)

    function decode(frame: Frame, start: number, end: number): ValidatedBody {
      // Offsets in errors count from the message's nlmsghdr.
      const head = Math.max(0, start - NLMSG_HDRLEN)
      const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset + head, end - head)
      const attrs = start - head + inner.header.size
      const warning =
        attrs < view.byteLength ? validateAttributes(policy, view, attrs, view.byteLength, strict) : undefined
      const body = strict
        ? plain.decodeShort(frame, start, end)
        : decodeLenient(plain, policy, frame, start, end, inner.header.size)
      const raw = (): readonly RawAttribute[] => rawAttributes(view, attrs)
      return { ...body, warning, raw }
    }

    return { decode, decodeShort: decode, encode: plain.encode }
  }

  return { ...inner, codec, decode: (bytes, abi) => inner.decode(bytes, abi) }
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

function rawAttributes(view: DataView, start: number): readonly RawAttribute[] {
  const attributes: RawAttribute[] = []
  for (let pos = start; view.byteLength - pos >= NLA_HDRLEN; ) {
    const length = view.getUint16(pos, true)
    if (length < NLA_HDRLEN || length > view.byteLength - pos) break
    const bytes = new Uint8Array(view.buffer, view.byteOffset + pos + NLA_HDRLEN, length - NLA_HDRLEN)
    attributes.push({ type: view.getUint16(pos + 2, true), bytes: bytes.slice() })
    pos += align4(length)
  }
  return attributes
}
