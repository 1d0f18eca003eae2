import { NLA_HDRLEN } from '../../constants.ts'
import { NltoolError } from '../../errno/errors.ts'
import { type Path, refuse } from '../fault.ts'
import { same } from '../same.ts'
import type { CustomSpec } from '../schema.ts'
import type { Payload } from './decode-scalar.ts'
import type { Reading } from './state.ts'

/** Decodes through a codec of a schema's own. */
export function decodeCustom(reading: Reading, spec: CustomSpec, payload: Payload): unknown {
  const bytes = reading.frame.bytes.subarray(payload.start, payload.end)
  let value: unknown
  try {
    value = spec.decode(bytes, reading.abi)
  } catch (error) {
    refuseCustom(error, spec.name, payload.start - NLA_HDRLEN, payload.path)
  }
  if (!encodesTo(reading, spec, value, bytes)) reading.canonical = false
  return value
}

function encodesTo(reading: Reading, spec: CustomSpec, value: unknown, bytes: Uint8Array): boolean {
  try {
    return same(spec.encode(value as never, reading.abi), bytes)
  } catch {
    return false // the bytes are kept instead
  }
}

/** Whatever a custom codec throws becomes an error with a place. */
export function refuseCustom(error: unknown, name: string, offset: number, path: Path | undefined): never {
  if (error instanceof NltoolError) {
    const text = error.message.slice(error.code.length + 2)
    refuse(text === '' ? `is not ${name}` : text, offset, path, {
      code: error.code,
      ...(text !== '' && { text }),
    })
  }
  refuse(`is not ${name}: ${String(error)}`, offset, path)
}
