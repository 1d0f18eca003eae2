import { createKernel, type Kernel, type KernelOptions, manualScheduler, type Process } from '@nltool/kernel'
import {
  type Abi,
  abiConstants,
  connect,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GENERIC,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  NLMSG_NOOP,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_NETLINK,
} from '@nltool/nl-core'
import { concatBytes, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { afterEach, describe, expect, it } from 'vitest'

const kernels: Kernel[] = []
afterEach(async () => {
  for (const kernel of kernels.splice(0)) await kernel.close()
})

function boot(options?: KernelOptions): Kernel {
  const kernel = createKernel(options)
  kernels.push(kernel)
  return kernel
}

/** A request that every protocol acknowledges without a handler: a control message (netlink(7)). */
const noop = (seq: number, length = 16): Uint8Array =>
  messageBytes({ type: NLMSG_NOOP, flags: NLM_F_REQUEST | NLM_F_ACK, seq }, new Uint8Array(length - 16))

const code = (errno: string) => expect.objectContaining({ name: 'SocketError', code: errno })

describe.each(['freebsd', 'linux'] as const)('system calls of a %s process', abi => {
  const numbers = abiConstants[abi]
  const spawn = (options?: KernelOptions): Process => boot(options).spawn({ abi })
  const open = (proc: Process, type: number = SOCK_RAW) => proc.socket(numbers.AF_NETLINK, type, NETLINK_GENERIC)

  describe('socket(2)', () => {
    it('gives the lowest free descriptor', async () => {
      const proc = spawn()
      expect([open(proc), open(proc), open(proc, SOCK_DGRAM)]).toEqual([3, 4, 5])
      await proc.close(4)
      expect([open(proc), open(proc)]).toEqual([4, 6])
      expect(proc.descriptors()).toEqual([3, 4, 5, 6])
    })

    it.each([
      ['SOCK_STREAM', 1],
      ['SOCK_RDM', 4],
      ['SOCK_SEQPACKET', 5],
    ])('refuses %s', (_name, type) => {
      const proc = spawn()
      const route = abi === 'freebsd' ? 'EPROTOTYPE' : 'ESOCKTNOSUPPORT'
      const other = abi === 'freebsd' ? 'EPROTONOSUPPORT' : 'ESOCKTNOSUPPORT'
      expect(() => proc.socket(numbers.AF_NETLINK, type, 0)).toThrow(code(route))
      expect(() => proc.socket(numbers.AF_NETLINK, type, NETLINK_GENERIC)).toThrow(code(other))
      expect(proc.descriptors()).toEqual([])
    })

    it('refuses a protocol outside the table and one that nobody serves', () => {
      const proc = spawn()
      const outside = abi === 'freebsd' ? 'EINVAL' : 'EPROTONOSUPPORT'
      for (const protocol of [-1, abi === 'freebsd' ? 20 : 32]) {
        expect(() => proc.socket(numbers.AF_NETLINK, SOCK_RAW, protocol)).toThrow(code(outside))
      }
      expect(() => proc.socket(numbers.AF_NETLINK, SOCK_RAW, 9)).toThrow(code('EPROTONOSUPPORT'))
    })

    it('refuses other address families, the other system’s AF_NETLINK among them', () => {
      const proc = spawn()
      const foreign = abiConstants[abi === 'freebsd' ? 'linux' : 'freebsd'].AF_NETLINK
      for (const domain of [foreign, numbers.AF_INET, 0]) {
        expect(() => proc.socket(domain, SOCK_RAW, NETLINK_GENERIC)).toThrow(code('EAFNOSUPPORT'))
      }
    })

    it('answers EMFILE when the descriptors are used up', async () => {
      const proc = spawn({ limits: { descriptorsMax: 5 } })
      expect([open(proc), open(proc)]).toEqual([3, 4])
      expect(() => open(proc)).toThrow(code('EMFILE'))
      await expect(proc.open(NETLINK_GENERIC)).rejects.toThrow(code('EMFILE'))
      await proc.close(3)
      expect(open(proc)).toBe(3)
    })

    it('takes SOCK_CLOEXEC and SOCK_NONBLOCK in the type, numbered by the ABI', () => {
      const proc = spawn()
      const fd = open(proc, SOCK_RAW | numbers.SOCK_CLOEXEC | numbers.SOCK_NONBLOCK)
      expect(proc.fcntl(fd, F_GETFD)).toBe(1)
      expect(proc.fcntl(fd, F_GETFL)).toBe(2 | (abi === 'freebsd' ? 0x4 : 0x800))
      expect(() => proc.recv(fd)).toThrow(code('EAGAIN'))
      const plain = open(proc)
      expect(proc.fcntl(plain, F_GETFD)).toBe(0)
      expect(proc.fcntl(plain, F_GETFL)).toBe(2)
    })
  })

  it('answers EBADF for a descriptor that is not open, whatever the call', async () => {
    const proc = spawn()
    const address = { portid: 0, groups: 0 }
    for (const fd of [-1, 0, 3, 70000]) {
      expect(() => proc.bind(fd, address)).toThrow(code('EBADF'))
      expect(() => proc.connect(fd, address)).toThrow(code('EBADF'))
      expect(() => proc.getsockname(fd)).toThrow(code('EBADF'))
      expect(() => proc.getpeername(fd)).toThrow(code('EBADF'))
      expect(() => proc.getsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK)).toThrow(code('EBADF'))
      await expect(proc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)).rejects.toThrow(code('EBADF'))
      expect(() => proc.send(fd, noop(1))).toThrow(code('EBADF'))
      expect(() => proc.recv(fd)).toThrow(code('EBADF'))
      expect(() => proc.ioctl(fd, FIONREAD[abi])).toThrow(code('EBADF'))
      expect(() => proc.fcntl(fd, F_GETFD)).toThrow(code('EBADF'))
      expect(() => proc.shutdown(fd, 2)).toThrow(code('EBADF'))
      expect(() => proc.dup(fd)).toThrow(code('EBADF'))
      await expect(proc.close(fd)).rejects.toThrow(code('EBADF'))
      expect(proc.poll(fd)).toBe(POLLNVAL)
    }
  })

  describe('bind(2) and getsockname(2)', () => {
    it('give the process id to a socket that binds to port 0', () => {
      const proc = boot().spawn({ abi, pid: 4242 })
      const fd = open(proc)
      expect(proc.getsockname(fd)).toEqual({ portid: 0, groups: 0 })
      proc.bind(fd, { portid: 0, groups: 0 })
      expect(proc.getsockname(fd).portid).toBe(4242)
    })

    it('take a port once, and again when it is free', async () => {
      const proc = spawn()
      const [a, b] = [open(proc), open(proc)]
      proc.bind(a, { portid: 77, groups: 0 })
      expect(() => proc.bind(b, { portid: 77, groups: 0 })).toThrow(code('EADDRINUSE'))
      await proc.close(a)
      proc.bind(b, { portid: 77, groups: 0 })
      expect(proc.getsockname(b).portid).toBe(77)
    })

    it('report groups on Linux only', () => {
      const proc = spawn()
      const fd = open(proc)
      proc.bind(fd, { portid: 0, groups: 0b101 })
      expect(proc.getsockname(fd).groups).toBe(abi === 'freebsd' ? 0 : 0b101)
    })

    it('read a sockaddr_nl laid out by the ABI', () => {
      const proc = spawn()
      const fd = open(proc)
      const bytes = Uint8Array.of(...(abi === 'freebsd' ? [12, 38] : [16, 0]), 0, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0)
      expect(() => proc.bind(fd, bytes.subarray(0, 8))).toThrow(code('EINVAL'))
      proc.bind(fd, bytes)
      expect(proc.getsockname(fd).portid).toBe(42)
    })
  })

  it('connect(2) binds; getpeername(2) knows the peer on Linux only', () => {
    const proc = boot().spawn({ abi, pid: 500 })
    const fd = open(proc)
    proc.connect(fd, { portid: 0, groups: 0 })
    expect(proc.getsockname(fd).portid).toBe(500)
    if (abi === 'freebsd') expect(() => proc.getpeername(fd)).toThrow(code('EOPNOTSUPP'))
    else expect(proc.getpeername(fd)).toEqual({ portid: 0, groups: 0 })
  })

  it('getsockopt(2) reads what setsockopt(2) has set', async () => {
    const proc = spawn()
    const fd = open(proc)
    expect(proc.getsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK)).toBe(0)
    await proc.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1)
    expect(proc.getsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK)).toBe(1)
    await proc.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, Uint8Array.of(0, 0, 0, 0))
    expect(proc.getsockoptBytes(fd, SOL_NETLINK, NETLINK_CAP_ACK, 4)).toMatchObject({ length: 4, value: 0 })
    expect(proc.getsockopt(fd, numbers.SOL_SOCKET, numbers.SO_RCVBUF)).toBe(abi === 'freebsd' ? 65536 : 212992)
    await expect(proc.setsockopt(fd, SOL_NETLINK, 999, 1)).rejects.toThrow(code('ENOPROTOOPT'))
  })

  describe('send(2) and recv(2)', () => {
    it('carry requests and their acknowledgements', async () => {
      const proc = spawn()
      const fd = open(proc)
      expect(await proc.send(fd, concatBytes(noop(1), noop(2)))).toBe(32)
      const seqs: number[] = []
      while (seqs.length < 2) {
        const got = await proc.recv(fd)
        expect(got.from).toEqual({ portid: 0, groups: 0 })
        for (const { type, seq } of splitMessages(got.data)) {
          expect(type).toBe(NLMSG_ERROR)
          seqs.push(seq)
        }
      }
      expect(seqs).toEqual([1, 2])
      expect(proc.getsockname(fd).portid).toBe(abi === 'freebsd' ? 0 : proc.pid) // Linux binds at the first send
    })

    it('answer EAGAIN to MSG_DONTWAIT with nothing to read', () => {
      const proc = spawn()
      expect(() => proc.recv(open(proc), { flags: numbers.MSG_DONTWAIT })).toThrow(code('EAGAIN'))
    })

    it('give the beginning and the whole length under MSG_PEEK and MSG_TRUNC', async () => {
      const proc = spawn()
      const fd = open(proc)
      await proc.send(fd, noop(1))
      const peek = await proc.recv(fd, { size: 16, flags: numbers.MSG_PEEK | numbers.MSG_TRUNC })
      expect(peek.data).toHaveLength(16)
      expect(peek.flags & numbers.MSG_TRUNC).toBe(numbers.MSG_TRUNC)
      expect(peek.length).toBeGreaterThan(16)
      const got = await proc.recv(fd, { size: peek.length })
      expect(got.data).toHaveLength(peek.length)
      expect(got.flags & numbers.MSG_TRUNC).toBe(0)
    })

    it('refuse datagrams as the system does', () => {
      const proc = spawn()
      const fd = open(proc)
      expect(() => proc.send(fd, new Uint8Array())).toThrow(code(abi === 'freebsd' ? 'ENOBUFS' : 'ENODATA'))
      expect(() => proc.send(fd, new Uint8Array(1 << 20))).toThrow(code('EMSGSIZE'))
      expect(() => proc.send(fd, noop(1), numbers.MSG_OOB)).toThrow(code('EOPNOTSUPP'))
      if (abi === 'freebsd') expect(() => proc.sendto(fd, noop(1), { control: true })).toThrow(code('EINVAL'))
    })

    it('end a wait with EINTR when a signal comes', async () => {
      const proc = spawn()
      const interrupt = new AbortController()
      const waiting = proc.recv(open(proc), { signal: interrupt.signal })
      interrupt.abort()
      await expect(waiting).rejects.toThrow(code('EINTR'))
    })

    it('end a wait with EAGAIN when SO_RCVTIMEO has passed', async () => {
      const scheduler = manualScheduler()
      const proc = boot({ scheduler }).spawn({ abi })
      const fd = open(proc)
      await proc.setsockopt(fd, numbers.SOL_SOCKET, numbers.SO_RCVTIMEO, 50)
      const waiting = Promise.resolve(proc.recv(fd))
      const outcome = expect(waiting).rejects.toThrow(code('EAGAIN'))
      scheduler.advance(49)
      scheduler.advance(1)
      await outcome
    })

    it('end a wait with EBADF when the last descriptor is closed', async () => {
      const proc = spawn()
      const fd = open(proc)
      const waiting = Promise.resolve(proc.recv(fd))
      const outcome = expect(waiting).rejects.toThrow(code('EBADF'))
      await proc.close(fd)
      await outcome
    })
  })

  it('ioctl(2) counts the bytes that wait and switches O_NONBLOCK', async () => {
    const proc = spawn()
    const fd = open(proc)
    expect(proc.ioctl(fd, FIONREAD[abi])).toBe(0)
    await proc.send(fd, noop(1))
    const { length } = await proc.recv(fd, { size: 0, flags: numbers.MSG_PEEK | numbers.MSG_TRUNC })
    expect(proc.ioctl(fd, FIONREAD[abi])).toBe(length)
    expect(proc.ioctl(fd, FIONWRITE[abi])).toBe(0)
    await proc.recv(fd)
    proc.ioctl(fd, FIONBIO[abi], 1)
    expect(() => proc.recv(fd)).toThrow(code('EAGAIN'))
    expect(() => proc.ioctl(fd, 0x1234)).toThrow(code('ENOTTY'))
  })

  it('poll(2) says what is ready, and watch() when that changes', async () => {
    const proc = spawn()
    const fd = open(proc)
    expect(proc.poll(fd)).toBe(POLLOUT)
    const changed = new Promise<void>(resolve => proc.watch(fd, resolve))
    await proc.send(fd, noop(1))
    await changed
    expect(proc.poll(fd) & POLLIN).toBe(POLLIN)
    await proc.recv(fd)
    expect(proc.poll(fd) & POLLIN).toBe(0)
  })

  it('dup(2) shares the socket; close(2) of the last descriptor closes it', async () => {
    const kernel = boot()
    const proc = kernel.spawn({ abi })
    const fd = open(proc)
    const copy = proc.dup(fd)
    proc.fcntl(fd, F_SETFL, abi === 'freebsd' ? 0x4 : 0x800)
    expect(() => proc.recv(copy)).toThrow(code('EAGAIN'))
    await proc.close(fd)
    expect(kernel.audit().sockets).toBe(1)
    expect(await proc.send(copy, noop(1))).toBe(16)
    await proc.close(copy)
    expect(kernel.audit().sockets).toBe(0)
  })

  it('fcntl(2) duplicates from a number on, and marks for execve(2)', () => {
    const proc = spawn()
    const fd = open(proc)
    expect(proc.fcntl(fd, F_DUPFD, 10)).toBe(10)
    const marked = proc.fcntl(fd, abi === 'freebsd' ? 17 : 1030, 10) // F_DUPFD_CLOEXEC
    expect(marked).toBe(11)
    expect([proc.fcntl(10, F_GETFD), proc.fcntl(marked, F_GETFD)]).toEqual([0, 1])
    proc.fcntl(10, F_SETFD, 1)
    proc.fcntl(marked, F_SETFD, 0)
    expect([proc.fcntl(10, F_GETFD), proc.fcntl(marked, F_GETFD)]).toEqual([1, 0])
    expect(() => proc.fcntl(fd, F_DUPFD, -1)).toThrow(code('EINVAL'))
    expect(() => proc.fcntl(fd, 99)).toThrow(code('EINVAL'))
  })

  it('a process shows handlers what stands behind its descriptors', async () => {
    const proc = spawn()
    const fd = open(proc)
    expect(proc.descriptor(fd)).toMatchObject({ protocol: NETLINK_GENERIC, abi })
    await proc.close(fd)
    expect(proc.descriptor(fd)).toBeUndefined()
  })

  it('shutdown(2) is not there', () => {
    const proc = spawn()
    expect(() => proc.shutdown(open(proc), 1)).toThrow(code('EOPNOTSUPP'))
  })

  it('execve(2) closes what is marked, exit(2) closes everything', async () => {
    const kernel = boot()
    const proc = kernel.spawn({ abi })
    const marked = open(proc, SOCK_RAW | numbers.SOCK_CLOEXEC)
    const kept = open(proc)
    await proc.exec()
    expect(proc.descriptors()).toEqual([kept])
    expect(() => proc.getsockname(marked)).toThrow(code('EBADF'))
    const parked = Promise.resolve(proc.recv(kept))
    const outcome = expect(parked).rejects.toThrow(code('EBADF'))
    await proc.exit()
    await outcome
    expect(proc.alive).toBe(false)
    expect(() => open(proc)).toThrow(code('EBADF'))
    expect(kernel.audit()).toMatchObject({ processes: 0, sockets: 0, descriptors: 0 })
  })

  it('a transport of the process is one of its descriptors', async () => {
    const proc = spawn()
    const transport = await proc.open(NETLINK_GENERIC)
    expect(proc.descriptors()).toEqual([3])
    await transport.close()
    await transport.close()
    expect(proc.descriptors()).toEqual([])
  })

  it('a transport whose descriptor the program closed does not close the next owner of the number', async () => {
    const proc = spawn()
    const transport = await proc.open(NETLINK_GENERIC)
    await proc.close(3)
    expect(open(proc)).toBe(3)
    await transport.close()
    expect(proc.descriptors()).toEqual([3])
  })

  it('joins groups by the numbers of the ABI', async () => {
    const proc = spawn()
    const fd = open(proc)
    const tooHigh = abi === 'freebsd' ? 128 : 100000
    await expect(proc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, tooHigh)).rejects.toThrow(
      code(abi === 'freebsd' ? 'ERANGE' : 'EINVAL'),
    )
    await proc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, abi === 'freebsd' ? 48 : 16)
  })
})

/** Numbers of sys/filio.h and asm-generic/ioctls.h, sys/fcntl.h, sys/poll.h. */
const FIONREAD: Record<Abi, number> = { freebsd: 0x4004667f, linux: 0x541b }
const FIONWRITE: Record<Abi, number> = { freebsd: 0x40046677, linux: 0x5411 }
const FIONBIO: Record<Abi, number> = { freebsd: 0x8004667e, linux: 0x5421 }
const F_DUPFD = 0
const F_GETFD = 1
const F_SETFD = 2
const F_GETFL = 3
const F_SETFL = 4
const POLLIN = 1
const POLLOUT = 4
const POLLNVAL = 0x20

describe('kernel.spawn', () => {
  it('gives process ids in turn, from 100', () => {
    const kernel = boot()
    expect([kernel.spawn().pid, kernel.spawn().pid, kernel.spawn({ pid: 7 }).pid, kernel.spawn().pid]).toEqual([
      100, 101, 7, 102,
    ])
    expect(kernel.processes().map(({ pid }) => pid)).toEqual([100, 101, 7, 102])
  })

  it('refuses an id in use, one that is none, and a network stack that is not there', async () => {
    const kernel = boot({ limits: { processesMax: 2 } })
    const proc = kernel.spawn({ pid: 7 })
    expect(() => kernel.spawn({ pid: 7 })).toThrow(code('EEXIST'))
    expect(() => kernel.spawn({ pid: 0 })).toThrow(code('EINVAL'))
    expect(() => kernel.spawn({ pid: 1.5 })).toThrow(code('EINVAL'))
    expect(() => kernel.spawn({ abi: 'windows' as 'linux' })).toThrow(code('EINVAL'))
    // A kernel is not taken for a transport, and goes on.
    await expect(connect(kernel as never, NETLINK_ROUTE)).rejects.toThrow('kernel.spawn() gives a host')
    expect(() => kernel.spawn({ vnet: 9 as never })).toThrow(code('ENOENT'))
    kernel.spawn()
    expect(() => kernel.spawn()).toThrow(code('EAGAIN'))
    await proc.exit()
    expect(kernel.spawn({ pid: 7 }).pid).toBe(7)
  })

  it('gives uid 0 every privilege and other users none', () => {
    const kernel = boot()
    expect(kernel.spawn().cred).toMatchObject({ uid: 0, privileges: 'all' })
    expect(kernel.spawn({ uid: 1001 }).cred).toMatchObject({ uid: 1001, privileges: new Set() })
  })
})

describe('createKernel', () => {
  it('refuses a personality that does not exist yet in a clear sentence', () => {
    expect(() => createKernel({ personality: 'linux' })).toThrow(
      "EOPNOTSUPP: there is no linux personality yet: create the kernel with personality 'freebsd'",
    )
  })

  it.each([
    [{ fibs: 0 }, 'EINVAL: fibs is 0: a whole number from 1 to 65535 is needed'],
    [{ fibs: 65536 }, 'EINVAL: fibs is 65536'],
    [{ limits: { descriptorsMax: 1 } }, 'EINVAL: limits.descriptorsMax is 1'],
  ])('refuses %o', (options, message) => {
    expect(() => createKernel(options)).toThrow(message)
  })

  it('spawns nothing after it was closed, and closes twice', async () => {
    const kernel = createKernel()
    const proc = kernel.spawn()
    await kernel.close()
    await kernel.close()
    expect(proc.alive).toBe(false)
    expect(() => kernel.spawn()).toThrow(code('ESRCH'))
  })

  it.each([{}, { seed: 1 }])('lets no time pass after it was closed (%o)', async options => {
    const kernel = createKernel(options)
    await kernel.close()
    await expect(kernel.advance(10)).rejects.toThrow('ESRCH: the kernel is closed')
    await expect(kernel.settle()).rejects.toThrow('ESRCH: the kernel is closed')
  })

  it('ends a wait for a time when it is closed', async () => {
    const kernel = createKernel()
    const waiting = expect(kernel.advance(1_000_000)).rejects.toThrow('ESRCH: the kernel is closed')
    await kernel.close()
    await waiting
  })
})
