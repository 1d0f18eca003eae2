import { SOCK_DGRAM, SOCK_RAW } from '../../constants.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { abiRules } from '../abi-rules.ts'
import type { Core } from '../core.ts'
import type { OpenOptions } from '../netlink.ts'
import { protocolsMax } from '../protocol-table.ts'
import { bind, connect, getpeername, getsockname } from './address.ts'
import { adjustedMax } from './buffer-sizes.ts'
import { close } from './close.ts'
import type { NetlinkSocket, PollState } from './netlink-socket.ts'
import { recv, take } from './receive.ts'
import { send } from './send.ts'
import { createSock, type Sock } from './sock.ts'
import { getsockopt, setsockopt } from './socket-options.ts'
import { runWake } from './wake.ts'
import { runWorker } from './worker.ts'

/** Length of FreeBSD's table of protocols; Linux's is {@link protocolsMax}. */
const freebsdProtocols = 20

/** socket(2): the checks in the order of the system, then the socket. */
export function openSocket(core: Core, options: OpenOptions): NetlinkSocket {
  const { protocol, type = SOCK_RAW, cred, pid, vnet, abi, caller } = options
  checks[abi](core, protocol, type)
  if (core.protocols.find(protocol) === undefined) {
    throw new SocketError('EPROTONOSUPPORT', `netlink protocol ${protocol} is not there`)
  }
  const parts = { core, id: core.nextId++, protocol, type, rules: abiRules[abi], cred, pid, vnet, caller }
  const sock = createSock(parts, steps)
  core.sockets.add(sock)
  return socketOf(sock)
}

const steps = { work: runWorker, wake: runWake }

type OpenCheck = (core: Core, protocol: number, type: number) => void

const checks: Readonly<Record<Abi, OpenCheck>> = { freebsd: checkFreebsd, linux: checkLinux }

function isNetlinkType(type: number): boolean {
  return type === SOCK_RAW || type === SOCK_DGRAM
}

function checkFreebsd(core: Core, protocol: number, type: number): void {
  if (!isNetlinkType(type)) {
    throw new SocketError(protocol === 0 ? 'EPROTOTYPE' : 'EPROTONOSUPPORT', `netlink has no socket type ${type}`)
  }
  if (protocol < 0 || protocol >= freebsdProtocols) {
    throw new SocketError('EINVAL', `netlink protocol ${protocol} is not in 0..${freebsdProtocols - 1}`)
  }
  for (const name of ['net.netlink.sendspace', 'net.netlink.recvspace'] as const) {
    if (core.sysctl.get(name) > adjustedMax(core))
      throw new SocketError('ENOBUFS', `${name} is above kern.ipc.maxsockbuf`)
  }
}

function checkLinux(_core: Core, protocol: number, type: number): void {
  if (!isNetlinkType(type)) throw new SocketError('ESOCKTNOSUPPORT', `netlink has no socket type ${type}`)
  if (protocol < 0 || protocol >= protocolsMax) {
    throw new SocketError('EPROTONOSUPPORT', `netlink protocol ${protocol} is not in 0..${protocolsMax - 1}`)
  }
}

function socketOf(sock: Sock): NetlinkSocket {
  return {
    abi: sock.rules.abi,
    protocol: sock.protocol,
    type: sock.type,
    vnet: sock.vnet,
    get portid() {
      return sock.port
    },
    get closed() {
      return sock.state !== 'open'
    },
    get nonblocking() {
      return sock.nonblocking
    },
    set nonblocking(on) {
      sock.nonblocking = on
    },
    bind: address => bind(sock, address),
    connect: address => connect(sock, address),
    getsockname: () => getsockname(sock),
    getpeername: () => getpeername(sock),
    shutdown() {
      throw new SocketError('EOPNOTSUPP', 'netlink sockets cannot be shut down')
    },
    setsockopt: (level, name, value) => setsockopt(sock, level, name, value),
    getsockopt: (level, name, size) => getsockopt(sock, level, name, size),
    send: (bytes, flags = 0, options = undefined) => send(sock, bytes, flags, options),
    recv: (size, flags = 0, options = undefined) => recv(sock, size, flags, options),
    take: signal => take(sock, signal),
    poll: () => pollState(sock),
    watch(listener) {
      sock.watchers.add(listener)
      return () => void sock.watchers.delete(listener)
    },
    get fionread() {
      return sock.rx.ccc
    },
    get fionwrite() {
      return sock.tx.ccc
    },
    close: () => close(sock),
  }
}

function pollState({ rx, tx, state }: Sock): PollState {
  const open = state === 'open'
  return { readable: !open || rx.ccc > 0 || rx.overrun, writable: !open || tx.ccc < tx.hiwat, error: rx.overrun }
}
