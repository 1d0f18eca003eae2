/** Bytes that one round of the loop takes. */
const stride = 8

/**
 * Remainders, polynomial 0xEDB88320 (reflected 0x04C11DB7): table `k` has those of a byte that `k` zero bytes follow, so
 * that eight bytes are looked up independently of each other ("slicing by eight").
 */
const tables: readonly Uint32Array[] = (() => {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
    return rest
  })
  const made = [first]
  for (let k = 1; k < stride; k++) {
    const before = made[k - 1] as Uint32Array
    made.push(before.map(rest => (first[rest & 0xff] as number) ^ (rest >>> 8)))
  }
  return made
})()

/**
 * CRC-32 of ISO 3309 and zlib, as an unsigned number. It differs for any two inputs of the same length that differ in
 * one run of at most 32 bits, so no single damaged byte goes unnoticed.
 */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [Table, Table, Table, Table, Table, Table, Table, Table]
  const byte = (at: number): number => bytes[at] as number
  const whole = bytes.length - (bytes.length % stride)
  let rest = 0xffffffff
  for (let at = 0; at < whole; at += stride) {
    const low = rest ^ (byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24))
    rest =
      of(t7, low) ^
      of(t6, low >>> 8) ^
      of(t5, low >>> 16) ^
      of(t4, low >>> 24) ^
      of(t3, byte(at + 4)) ^
      of(t2, byte(at + 5)) ^
      of(t1, byte(at + 6)) ^
      of(t0, byte(at + 7))
  }
  for (let at = whole; at < bytes.length; at++) rest = (rest >>> 8) ^ of(t0, rest ^ byte(at))
  return (rest ^ 0xffffffff) >>> 0
}

type Table = Uint32Array

function of(table: Table, word: number): number {
  return table[word & 0xff] as number
}
