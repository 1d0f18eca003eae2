/** Bytes from hexadecimal digits: blanks are free, `//` starts a comment that ends with the line. */
export function hex(strings: TemplateStringsArray, ...values: readonly (string | number)[]): Uint8Array {
  return fromHex(String.raw({ raw: strings }, ...values))
}

/** As {@link hex}, from a string. @throws RangeError for anything that is not a whole number of bytes */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\/\/.*$/gm, '').replace(/\s+/g, '')
  if (digits.length % 2 !== 0) throw new RangeError(`odd number of hexadecimal digits (${digits.length})`)
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const pair = digits.slice(2 * i, 2 * i + 2)
    if (!/^[0-9a-f]{2}$/i.test(pair)) throw new RangeError(`'${pair}' is not a byte in hexadecimal digits`)
    bytes[i] = Number.parseInt(pair, 16)
  }
  return bytes
}

/** Hexadecimal digits of bytes, two each, without blanks. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
