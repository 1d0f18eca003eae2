/**
 * The binary interface of one socket, fixed by the process that opens it: numbers of address families and errnos,
 * layout of `sockaddr_nl`, option numbers, some attribute numbers. Meaning is the kernel's personality, not the ABI.
 */
export type Abi = 'freebsd' | 'linux'

/** Both ABIs, in the order in which tables list them. */
export const abis: readonly Abi[] = ['freebsd', 'linux']
