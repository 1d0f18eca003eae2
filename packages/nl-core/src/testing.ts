export { fromHex, hex, toHex } from './testing/hex.ts'
