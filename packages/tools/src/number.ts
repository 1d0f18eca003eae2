import { usage } from './failure.ts'

/** A number in C notation (`17`, `0x11`, `021`) between bounds. @throws Failure naming `what` */
export function parseNumber(text: string, what: string, max = 0xffffffff): number {
  const value = /^0[0-7]+$/.test(text)
    ? Number.parseInt(text, 8)
    : /^(0x[\da-f]+|\d+)$/i.test(text)
      ? Number(text)
      : Number.NaN
  if (!(value <= max)) throw usage(`${what} ${text}: ${Number.isNaN(value) ? 'not a number' : `larger than ${max}`}`)
  return value
}
