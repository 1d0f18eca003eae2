import { IpAddress } from '@nltool/nl-core/model'
import { AF_INET } from '../route/constants.ts'

/** The words of an address as numbers in network order, the way the prefix table compares them. */
export function keyWord(address: IpAddress, index: number): number {
  return swap(address.word(index)) >>> 0
}

/** The address that four words of {@link keyWord} make. */
export function addressOf(size: 4 | 16, a: number, b: number, c: number, d: number): IpAddress {
  return new IpAddress(size, swap(a), swap(b), swap(c), swap(d))
}

function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

/** The bits of an address of a family. */
export function bitsOf(family: number): 32 | 128 {
  return family === AF_INET ? 32 : 128
}
