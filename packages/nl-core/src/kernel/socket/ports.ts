import { SocketError } from '../../errno/errors.ts'
import type { Sock } from './sock.ts'

/** The ports in use. FreeBSD: unique in a network stack; Linux: unique in a network stack per protocol. */
export interface PortTable {
  /** Gives a socket the port it asks for; 0 lets the system choose. @throws SocketError EADDRINUSE */
  bind(sock: Sock, portid: number): void
  /** Gives a socket a port as connect(2) and Linux's first send do. @throws SocketError EADDRINUSE */
  autobind(sock: Sock): void
  release(sock: Sock): void
  /** The socket of a protocol behind a port. */
  find(sock: Sock, portid: number): Sock | undefined
}

/** FreeBSD: sixteen random tries in [262144, 327679] after the process id. */
const randomPortFirst = 262144
const randomPorts = 65536
const randomTries = 16
/** Linux: downwards from a random value of [−2147483648, −4097], as unsigned numbers. */
const negativeFirst = 0x80000000
const negativePorts = 0x80000000 - 4096

/** Makes an empty table. */
export function createPortTable(): PortTable {
  const stacks = new Map<number, Map<number, Sock[]>>()

  function holders(sock: Sock, portid: number): readonly Sock[] {
    return stacks.get(sock.vnet)?.get(portid) ?? []
  }

  function taken(sock: Sock, portid: number): boolean {
    return holders(sock, portid).some(other => !sock.rules.portsPerProtocol || other.protocol === sock.protocol)
  }

  function take(sock: Sock, portid: number): void {
    if (taken(sock, portid)) throw new SocketError('EADDRINUSE', `port ${portid} is taken`)
    const ports = stacks.get(sock.vnet) ?? new Map<number, Sock[]>()
    stacks.set(sock.vnet, ports)
    const at = ports.get(portid)
    if (at === undefined) ports.set(portid, [sock])
    else at.push(sock)
    sock.port = portid
    sock.bound = true
  }

  function chooseRandom(sock: Sock): number {
    for (let tries = 0; tries < randomTries; tries++) {
      const portid = (sock.core.random.u32() % randomPorts) + randomPortFirst
      if (!taken(sock, portid)) return portid
    }
    return sock.pid // taken, so that the bind fails with EADDRINUSE
  }

  function chooseNegative(sock: Sock): number {
    let distance = sock.core.random.u32() % negativePorts
    while (taken(sock, negativeFirst + distance)) distance = distance === 0 ? negativePorts - 1 : distance - 1
    return negativeFirst + distance
  }

  function choose(sock: Sock): number {
    if (sock.pid !== 0 && !taken(sock, sock.pid)) return sock.pid
    return sock.rules.fallbackPorts === 'negative' ? chooseNegative(sock) : chooseRandom(sock)
  }

  return {
    bind: (sock, portid) => take(sock, portid === 0 ? choose(sock) : portid),
    autobind(sock) {
      const { connectTries } = sock.rules
      const candidates = Array.from({ length: connectTries }, (_, index) => sock.pid + index)
      const free = connectTries === 0 ? choose(sock) : candidates.find(port => port !== 0 && !taken(sock, port))
      if (free === undefined) throw new SocketError('EADDRINUSE', `ports ${candidates.join(', ')} are taken`)
      take(sock, free)
    },
    release(sock) {
      if (!sock.bound) return
      const ports = stacks.get(sock.vnet)
      const left = holders(sock, sock.port).filter(other => other !== sock)
      if (left.length === 0) ports?.delete(sock.port)
      else ports?.set(sock.port, left)
      if (ports?.size === 0) stacks.delete(sock.vnet)
      sock.bound = false
    },
    find: (sock, portid) => holders(sock, portid).find(other => other.protocol === sock.protocol),
  }
}
