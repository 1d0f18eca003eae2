import { NetlinkError } from '@nltool/nl-core/errno'
import { IFNAMSIZ } from './constants.ts'

/** Bytes of a text in UTF-8, counted without encoding it. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

/** @throws NetlinkError EINVAL for an empty name or one with a NUL, ENAMETOOLONG for more than 15 bytes. */
export function checkName(name: string): void {
  if (name === '' || name.includes('\0'))
    throw new NetlinkError('EINVAL', 'an interface name has 1 to 15 bytes, none NUL')
  if (name.length >= IFNAMSIZ || utf8Length(name) >= IFNAMSIZ) {
    throw new NetlinkError('ENAMETOOLONG', `interface name ${name} is longer than ${IFNAMSIZ - 1} bytes`)
  }
}

/** What Linux refuses beside that (dev_valid_name): `.`, `..`, and names with `/`, `:` or white space. */
export function validLinuxName(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/:\s]/.test(name)
}
