import { abiConstants, SOCK_RAW, type Transport } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import { type Netlink, type NetlinkSocket, socketTransport } from '@nltool/nl-core/kernel'
import type { Abi, Cred, VnetId } from '@nltool/nl-core/model'
import { fcntl, ioctl, pollBits } from './descriptor-calls.ts'
import { createDescriptors } from './descriptors.ts'
import { POLLNVAL } from './numbers.ts'
import type { Process } from './types.ts'

/** What a process is made of. */
export interface ProcessParts {
  readonly netlink: Netlink
  readonly pid: number
  readonly cred: Cred
  readonly abi: Abi
  readonly vnet: VnetId
  readonly descriptorsMax: number
  /** Called before each receive of a transport; what it gives is waited for. */
  readonly breathe: () => Promise<void> | undefined
  /** Called once everything is closed. */
  readonly onExit: () => void
}

/** Bytes that a `recv` without a size takes at most: the default receive buffer. */
const receiveSizeDefault = 65536

/** Makes a process: every system call finds its descriptor and asks the socket behind it. */
export function createProcess({
  netlink,
  pid,
  cred,
  abi,
  vnet,
  descriptorsMax,
  breathe,
  onExit,
}: ProcessParts): Process {
  const numbers = abiConstants[abi]
  const table = createDescriptors<NetlinkSocket>({ max: descriptorsMax })
  let exiting: Promise<void> | undefined

  const socketOf = (fd: number): NetlinkSocket => table.get(fd).file.object

  function checkAlive(): void {
    if (exiting !== undefined) throw new SocketError('EBADF', `process ${pid} has exited`)
  }

  function openSocket(type: number, protocol: number, cloexec: boolean): number {
    checkAlive()
    return table.open(() => netlink.open({ protocol, type, cred, pid, vnet, abi, caller: self }), { cloexec })
  }

  async function closeFd(fd: number): Promise<void> {
    await table.close(fd)?.close()
  }

  /** A transport holds a descriptor, as every open socket of a process does. */
  function transportOf(fd: number): Transport {
    const socket = socketOf(fd)
    const transport = socketTransport(socket)
    const close = async () => {
      // The program may have closed the descriptor itself, and the number may be another socket's by now.
      if (table.peek(fd)?.file.object === socket) await closeFd(fd)
    }
    // On a synchronous socket the answer is there at once: a program that only awaits answers would never let go.
    const recv: Transport['recv'] = options => {
      const pause = breathe()
      return pause === undefined ? transport.recv(options) : pause.then(() => transport.recv(options))
    }
    return Object.assign(Object.create(transport) as Transport, { recv, close })
  }

  async function closeAll(): Promise<void> {
    await Promise.all(table.list().map(closeFd))
    onExit()
  }

  const self: Process = {
    pid,
    cred,
    abi,
    vnet,
    get alive() {
      return exiting === undefined
    },
    descriptor: fd => table.peek(fd)?.file.object,
    descriptors: () => table.list(),

    async open(protocol) {
      return transportOf(openSocket(SOCK_RAW, protocol, true))
    },
    socket(domain, type, protocol) {
      checkAlive()
      if (domain !== numbers.AF_NETLINK) {
        throw new SocketError('EAFNOSUPPORT', `address family ${domain} is not AF_NETLINK (${numbers.AF_NETLINK})`)
      }
      const { SOCK_CLOEXEC, SOCK_NONBLOCK } = numbers
      const fd = openSocket(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), protocol, (type & SOCK_CLOEXEC) !== 0)
      socketOf(fd).nonblocking = (type & SOCK_NONBLOCK) !== 0
      return fd
    },

    bind: (fd, address) => socketOf(fd).bind(address),
    connect: (fd, address) => socketOf(fd).connect(address),
    getsockname: fd => socketOf(fd).getsockname(),
    getpeername: fd => socketOf(fd).getpeername(),
    setsockopt: async (fd, level, name, value) => socketOf(fd).setsockopt(level, name, value),
    getsockopt: (fd, level, name) => socketOf(fd).getsockopt(level, name).value,
    getsockoptBytes: (fd, level, name, size) => socketOf(fd).getsockopt(level, name, size),
    send: (fd, bytes, flags = 0) => socketOf(fd).send(bytes, flags),
    sendto: (fd, bytes, { flags = 0, ...options }) => socketOf(fd).send(bytes, flags, options),
    recv: (fd, { size = receiveSizeDefault, flags = 0, ...options } = {}) => socketOf(fd).recv(size, flags, options),
    shutdown: fd => socketOf(fd).shutdown(),

    poll(fd) {
      const found = table.peek(fd)
      return found === undefined ? POLLNVAL : pollBits(found.file.object)
    },
    watch: (fd, listener) => socketOf(fd).watch(listener),
    ioctl: (fd, request, argument = 0) => ioctl(socketOf(fd), request, argument),
    fcntl: (fd, command, argument = 0) => fcntl(table, fd, command, argument),
    dup: fd => table.duplicate(fd),
    close: closeFd,
    async exec() {
      await Promise.all(
        table
          .list()
          .filter(fd => table.get(fd).cloexec)
          .map(closeFd),
      )
    },
    exit() {
      exiting ??= closeAll()
      return exiting
    },
    [Symbol.asyncDispose]: () => self.exit(),
  }
  return self
}
