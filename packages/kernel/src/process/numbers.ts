import type { Abi } from '@nltool/nl-core/model'

/** Numbers of system calls on descriptors that differ between the systems: sys/filio.h, sys/fcntl.h; asm-generic. */
export const descriptorNumbers = {
  freebsd: {
    FIONREAD: 0x4004667f,
    FIONWRITE: 0x40046677,
    FIONBIO: 0x8004667e,
    F_DUPFD_CLOEXEC: 17,
    O_NONBLOCK: 0x4,
  },
  linux: {
    FIONREAD: 0x541b,
    FIONWRITE: 0x5411, // SIOCOUTQ
    FIONBIO: 0x5421,
    F_DUPFD_CLOEXEC: 1030,
    O_NONBLOCK: 0x800,
  },
} as const satisfies Record<Abi, Record<string, number>>

/** Commands of fcntl(2) with the same number on both systems. */
export const F_DUPFD = 0
export const F_GETFD = 1
export const F_SETFD = 2
export const F_GETFL = 3
export const F_SETFL = 4
/** The one flag of F_GETFD. */
export const FD_CLOEXEC = 1
/** Access mode in F_GETFL: sockets are open for both. */
export const O_RDWR = 2

/** Results of poll(2), the same on both systems. */
export const POLLIN = 0x1
export const POLLOUT = 0x4
export const POLLERR = 0x8
export const POLLHUP = 0x10
export const POLLNVAL = 0x20
