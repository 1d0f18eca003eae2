import type { Abi } from './model/abi.ts'

/** Numbers of the socket interface that differ between the systems, by the ABI of the calling process. */
export const abiConstants = {
  freebsd: {
    AF_UNSPEC: 0,
    AF_LOCAL: 1,
    AF_INET: 2,
    AF_LINK: 18,
    AF_INET6: 28,
    AF_NETLINK: 38,
    SOL_SOCKET: 0xffff,
    SO_SNDBUF: 0x1001,
    SO_RCVBUF: 0x1002,
    SO_RCVTIMEO: 0x1006,
    SO_SNDTIMEO: 0x1005,
    SOCK_CLOEXEC: 0x10000000,
    SOCK_NONBLOCK: 0x20000000,
    MSG_OOB: 0x1,
    MSG_PEEK: 0x2,
    MSG_DONTWAIT: 0x80,
    MSG_TRUNC: 0x10,
    MSG_CTRUNC: 0x20,
    MSG_WAITALL: 0x40,
  },
  linux: {
    AF_UNSPEC: 0,
    AF_LOCAL: 1,
    AF_INET: 2,
    AF_LINK: 17, // AF_PACKET
    AF_INET6: 10,
    AF_NETLINK: 16,
    SOL_SOCKET: 1,
    SO_SNDBUF: 7,
    SO_RCVBUF: 8,
    SO_RCVTIMEO: 20,
    SO_SNDTIMEO: 21,
    SOCK_CLOEXEC: 0x80000,
    SOCK_NONBLOCK: 0x800,
    MSG_OOB: 0x1,
    MSG_PEEK: 0x2,
    MSG_DONTWAIT: 0x40,
    MSG_TRUNC: 0x20,
    MSG_CTRUNC: 0x8,
    MSG_WAITALL: 0x100,
  },
} as const satisfies Record<Abi, Record<string, number>>

/** Names of the numbers in {@link abiConstants}. */
export type AbiConstant = keyof (typeof abiConstants)['freebsd']
