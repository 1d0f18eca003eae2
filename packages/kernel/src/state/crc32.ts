/** Remainders of single bytes, polynomial 0xEDB88320 (reflected 0x04C11DB7). */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
  return rest
})

/**
 * CRC-32 of ISO 3309 and zlib, as an unsigned number. It differs for any two inputs of the same length that differ in
 * one run of at most 32 bits, so no single damaged byte goes unnoticed.
 */
export function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes) rest = (rest >>> 8) ^ (table[(rest ^ byte) & 0xff] as number)
  return (rest ^ 0xffffffff) >>> 0
}
