import type { Abi } from '../model/abi.ts'
import type { BodyCodec, Frame, Writer } from './codec.ts'
import { bodyDecoder, type Target } from './compile/decode.ts'
import { bodyEncoder } from './compile/encode.ts'
import { runtimeOf } from './compile/runtime.ts'
import { createSource } from './compile/source.ts'
import { interpretBody } from './interpret.ts'
import type { BodyLayout, BodySpec } from './schema.ts'

/** Makes a function of its parameters' names and its text, as `new Function` does; throws where that is forbidden. */
export type Evaluate = (parameters: readonly string[], text: string) => (...values: unknown[]) => unknown

/** `new Function`: forbidden by a content security policy without `unsafe-eval`, and by --disallow-code-generation. */
export const newFunction: Evaluate = (parameters, text) => {
  // What a schema's author wrote enters the text only through quote() and as numbers.
  return new Function(...parameters, text) as ReturnType<Evaluate>
}

/** The functions that generated code consists of; both leave what is odd to the interpreter. */
interface Generated {
  readonly decode: (frame: Frame, words: Int32Array, start: number, end: number, depth: number) => object | undefined
  /** The word behind the body, or -1. */
  readonly encode: (writer: Writer, value: unknown, word: number, depth: number) => number
}

/** The text of a body's codec in one ABI, evaluated with what it refers to. */
function evaluateCodec(spec: BodyLayout, abi: Abi, evaluate: Evaluate): Generated {
  const target: Target = { source: createSource(), abi, sets: [], customs: [] }
  const decode = bodyDecoder(target, spec)
  const encode = bodyEncoder(target, spec)
  const text = `'use strict'\n${target.source.text()}\nreturn { decode: ${decode}, encode: ${encode} }`
  const runtime = runtimeOf(abi, target.sets, target.customs)
  return evaluate(Object.keys(runtime), text)(...Object.values(runtime)) as Generated
}

/**
 * The codec of a body as straight-line code over words, three to five times as fast as reading the rows at every
 * message. Where `evaluate` throws (a probe tells), the interpreter is the codec.
 */
export function compileBody<T>(spec: BodySpec<T>, abi: Abi, evaluate: Evaluate = newFunction): BodyCodec<T> {
  const slow = interpretBody(spec, abi)
  return allows(evaluate) ? withFallback(evaluateCodec(spec, abi, evaluate), slow, spec.header.size) : slow
}

/** Whether code may be generated here; an error in generated code itself is not hidden by this. */
function allows(evaluate: Evaluate): boolean {
  try {
    evaluate([], '')
    return true
  } catch {
    return false
  }
}

/** Runs generated code, and the interpreter for what that leaves to it. */
function withFallback<T>({ decode, encode }: Generated, slow: BodyCodec<T>, headerSize: number): BodyCodec<T> {
  function decodeFast(frame: Frame, start: number, end: number): T {
    const { words } = frame
    if (words !== undefined && ((start | end) & 3) === 0) {
      const value = decode(frame, words, start >> 2, end >> 2, 1)
      if (value !== undefined) return value as T
    }
    return slow.decode(frame, start, end)
  }

  return {
    decode: decodeFast,
    decodeShort: (frame, start, end) =>
      end - start < headerSize ? slow.decodeShort(frame, start, end) : decodeFast(frame, start, end),
    encode(writer, value) {
      const start = writer.pos
      const end = (start & 3) === 0 ? tryEncode(encode, writer, value, start >> 2) : -1
      writer.pos = end < 0 ? start : end << 2
      if (end < 0) slow.encode(writer, value)
    },
  }
}

/** A bigint or symbol where a number belongs makes operators throw: the interpreter then says what is wrong. */
function tryEncode(encode: Generated['encode'], writer: Writer, value: unknown, word: number): number {
  try {
    return encode(writer, value, word, 1)
  } catch (error) {
    if (error instanceof TypeError) return -1
    throw error
  }
}
