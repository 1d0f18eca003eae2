/** FreeBSD's loopback interface and Linux's: the one name that differs in the Linux ABI. */
export function nameFromLinux(name: string): string {
  return name === 'lo' ? 'lo0' : name
}

/** The inverse of {@link nameFromLinux}. */
export function nameToLinux(name: string): string {
  return name === 'lo0' ? 'lo' : name
}
