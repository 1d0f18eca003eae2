import { createKernel, type Kernel, type Process, seededRandom } from '@nltool/kernel'
import { type Abi, abiConstants, NETLINK_EXT_ACK, NETLINK_ROUTE, SOCK_RAW, SOL_NETLINK } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import { manualScheduler } from '@nltool/nl-core/scheduler'
import type { FamilyModule } from '@nltool/nl-genl/kernel'
import { vectorNamed } from './load.ts'

/** An embedded kernel and a Linux program on it, which speaks in whole datagrams. */
export interface Embedded {
  readonly kernel: Kernel
  /** Sends one datagram on a socket of a protocol, and takes every datagram that the kernel answers. */
  ask(protocol: number, datagram: Uint8Array): Promise<Uint8Array[]>
  /** Opens a second socket that is a member of groups 1 to 31; gives what takes the notifications that have arrived. */
  listen(protocol: number): () => Uint8Array[]
  /** Sets an option of level SOL_NETLINK on the socket of a protocol. */
  setOption(protocol: number, option: number): Promise<void>
  /** Everything that is configured, as the bytes of a state file. */
  state(): Uint8Array
  close(): Promise<void>
}

/** Boots a kernel with nothing but its loopback interface, and generic netlink families if any are given. */
export function bootEmbedded(modules: readonly FamilyModule[] = [], abi: Abi = 'linux'): Embedded {
  const kernel = createKernel({ scheduler: manualScheduler(), random: seededRandom(1), modules })
  const process = kernel.spawn({ abi, pid: 1000 })
  const sockets = new Map<number, number>()

  async function socketOf(protocol: number): Promise<number> {
    const found = sockets.get(protocol)
    if (found !== undefined) return found
    const fd = process.socket(abiConstants[abi].AF_NETLINK, SOCK_RAW, protocol)
    await process.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    sockets.set(protocol, fd)
    return fd
  }

  return {
    kernel,
    async ask(protocol, datagram) {
      const fd = await socketOf(protocol)
      const sent = send(process, fd, datagram)
      // A native socket has a worker; on a Linux one all is done when send(2) returns, unless a handler had to wait.
      if (abi === 'freebsd' || sent instanceof Promise) await kernel.settle()
      await sent
      return drain(process, fd)
    },
    listen(protocol) {
      const fd = process.socket(abiConstants[abi].AF_NETLINK, SOCK_RAW, protocol)
      process.bind(fd, { portid: 0, groups: 0x7fff_ffff })
      return () => drain(process, fd)
    },
    setOption: async (protocol, option) => process.setsockopt(await socketOf(protocol), SOL_NETLINK, option, 1),
    state: () => kernel.save(),
    close: () => kernel.close(),
  }
}

/** An empty datagram is refused by send(2) itself; it has no answer. */
function send(process: Process, fd: number, datagram: Uint8Array): Promise<unknown> | unknown {
  try {
    return process.send(fd, datagram)
  } catch (error) {
    if (error instanceof SocketError && error.code === 'ENODATA') return 0
    throw error
  }
}

function drain(process: Process, fd: number): Uint8Array[] {
  const flags = abiConstants[process.abi].MSG_DONTWAIT
  const datagrams: Uint8Array[] = []
  for (;;) {
    try {
      const got = process.recv(fd, { flags })
      if (got instanceof Promise) throw new TypeError('a read that must not wait did')
      datagrams.push(got.data)
    } catch (error) {
      if (error instanceof SocketError && error.code === 'EAGAIN') return datagrams
      throw error
    }
  }
}

/** The bytes that a vector sends, with some of them exchanged for others of the same length. */
function like(name: string, exchanged: readonly (readonly [from: string, to: string])[]): Uint8Array {
  const hex = Buffer.from(vectorNamed(name).send).toString('hex')
  return Buffer.from(
    exchanged.reduce((text, [from, to]) => text.replace(from, to), hex),
    'hex',
  )
}

const w0 = '07000300773000'
const w1 = '07000300773100'
const v0 = '07000300763000'
const v1 = '07000300763100'
const v6 = '20010db8000000000000000000000001'
const linkLocal = 'fe8000000000000000000000000000ff'

/**
 * What the captures were made on: the pair v1 (index 2) and v0 (index 3), both up, v0 with 192.0.2.1/24 and 2001:db8::1/64,
 * v1 with 203.0.113.1/24 and a link-local address. Made with the captured requests.
 */
const captureSetup: readonly Uint8Array[] = [
  like('05-link-add-veth', [
    [w0, v1],
    [w1, v0],
  ]),
  vectorNamed('09-link-set-up').send,
  like('09-link-set-up', [['03000000', '02000000']]),
  vectorNamed('14-addr-add-v4').send,
  vectorNamed('16-addr-add-v6').send,
  like('14-addr-add-v4', [
    ['0218000003000000', '0218000002000000'],
    ['c0000201', 'cb007101'],
    ['c0000201', 'cb007101'],
  ]),
  // Linux gives every link a link-local address as it comes up; here it is given.
  like('16-addr-add-v6', [
    ['0a40020003000000', '0a40020002000000'],
    [v6, linkLocal],
    [v6, linkLocal],
  ]),
]

/** Boots a kernel and sets it up as that of the captures was. */
export async function bootCaptured(modules: readonly FamilyModule[] = []): Promise<Embedded> {
  const embedded = bootEmbedded(modules)
  for (const datagram of captureSetup) await embedded.ask(NETLINK_ROUTE, datagram)
  return embedded
}
