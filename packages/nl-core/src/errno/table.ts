/**
 * Every errno that crosses a netlink socket: name, FreeBSD number, Linux number, text of strerror(3).
 * A number of 0 says that the system lacks the errno; it is then written as the one named in `else`.
 * Sources: FreeBSD sys/errno.h, Linux asm-generic/errno.h.
 */
export const errnoRows = {
  EPERM: [1, 1, 'Operation not permitted'],
  ENOENT: [2, 2, 'No such file or directory'],
  ESRCH: [3, 3, 'No such process'],
  EINTR: [4, 4, 'Interrupted system call'],
  EIO: [5, 5, 'Input/output error'],
  ENXIO: [6, 6, 'Device not configured'],
  E2BIG: [7, 7, 'Argument list too long'],
  EBADF: [9, 9, 'Bad file descriptor'],
  EDEADLK: [11, 35, 'Resource deadlock avoided'],
  ENOMEM: [12, 12, 'Cannot allocate memory'],
  EACCES: [13, 13, 'Permission denied'],
  EFAULT: [14, 14, 'Bad address'],
  EBUSY: [16, 16, 'Device busy'],
  EEXIST: [17, 17, 'File exists'],
  EXDEV: [18, 18, 'Cross-device link'],
  ENODEV: [19, 19, 'Operation not supported by device'],
  EINVAL: [22, 22, 'Invalid argument'],
  ENFILE: [23, 23, 'Too many open files in system'],
  EMFILE: [24, 24, 'Too many open files'],
  ENOTTY: [25, 25, 'Inappropriate ioctl for device'],
  EFBIG: [27, 27, 'File too large'],
  ENOSPC: [28, 28, 'No space left on device'],
  EPIPE: [32, 32, 'Broken pipe'],
  EDOM: [33, 33, 'Numerical argument out of domain'],
  ERANGE: [34, 34, 'Result too large'],
  EAGAIN: [35, 11, 'Resource temporarily unavailable'],
  EINPROGRESS: [36, 115, 'Operation now in progress'],
  EALREADY: [37, 114, 'Operation already in progress'],
  ENOTSOCK: [38, 88, 'Socket operation on non-socket'],
  EDESTADDRREQ: [39, 89, 'Destination address required'],
  EMSGSIZE: [40, 90, 'Message too long'],
  EPROTOTYPE: [41, 91, 'Protocol wrong type for socket'],
  ENOPROTOOPT: [42, 92, 'Protocol not available'],
  EPROTONOSUPPORT: [43, 93, 'Protocol not supported'],
  ESOCKTNOSUPPORT: [44, 94, 'Socket type not supported'],
  EOPNOTSUPP: [45, 95, 'Operation not supported'],
  EPFNOSUPPORT: [46, 96, 'Protocol family not supported'],
  EAFNOSUPPORT: [47, 97, 'Address family not supported by protocol family'],
  EADDRINUSE: [48, 98, 'Address already in use'],
  EADDRNOTAVAIL: [49, 99, "Can't assign requested address"],
  ENETDOWN: [50, 100, 'Network is down'],
  ENETUNREACH: [51, 101, 'Network is unreachable'],
  ENETRESET: [52, 102, 'Network dropped connection on reset'],
  ECONNABORTED: [53, 103, 'Software caused connection abort'],
  ECONNRESET: [54, 104, 'Connection reset by peer'],
  ENOBUFS: [55, 105, 'No buffer space available'],
  EISCONN: [56, 106, 'Socket is already connected'],
  ENOTCONN: [57, 107, 'Socket is not connected'],
  ESHUTDOWN: [58, 108, "Can't send after socket shutdown"],
  ETOOMANYREFS: [59, 109, "Too many references: can't splice"],
  ETIMEDOUT: [60, 110, 'Operation timed out'],
  ECONNREFUSED: [61, 111, 'Connection refused'],
  ELOOP: [62, 40, 'Too many levels of symbolic links'],
  ENAMETOOLONG: [63, 36, 'File name too long'],
  EHOSTDOWN: [64, 112, 'Host is down'],
  EHOSTUNREACH: [65, 113, 'No route to host'],
  ENOTEMPTY: [66, 39, 'Directory not empty'],
  EUSERS: [68, 87, 'Too many users'],
  ESTALE: [70, 116, 'Stale NFS file handle'],
  EPROCUNAVAIL: [76, 0, 'Bad procedure for program'],
  ENOSYS: [78, 38, 'Function not implemented'],
  ECANCELED: [85, 125, 'Operation canceled'],
  EILSEQ: [86, 84, 'Illegal byte sequence'],
  EOVERFLOW: [84, 75, 'Value too large to be stored in data type'],
  EBADMSG: [89, 74, 'Bad message'],
  EPROTO: [92, 71, 'Protocol error'],
  ENODATA: [0, 61, 'No data available'],
} as const satisfies Record<string, readonly [freebsd: number, linux: number, text: string]>

/** Name of an errno, as in errno(2). `EAGAIN` stands for `EWOULDBLOCK` and `EOPNOTSUPP` for `ENOTSUP`. */
export type Errno = keyof typeof errnoRows

/** What is written for an errno that a system has no number for. */
export const errnoFallback: { readonly [name in Errno]?: Errno } = {
  ENODATA: 'ENOENT', // FreeBSD has no ENODATA
  EPROCUNAVAIL: 'EOPNOTSUPP', // Linux has no EPROCUNAVAIL
}
