import type { Received, Transport } from '../client/transport.ts'
import { SocketError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'

/** What one end has sent and the other has not taken. */
interface Pipe {
  readonly queue: Uint8Array[]
  waiter: { resolve(received: Received): void; reject(error: unknown): void } | undefined
  closed: boolean
}

/** Two transports; what one sends, the other receives, in datagrams. Groups and options are accepted and ignored. */
export function transportPair(abi: Abi = 'freebsd'): [Transport, Transport] {
  const forth: Pipe = { queue: [], waiter: undefined, closed: false }
  const back: Pipe = { queue: [], waiter: undefined, closed: false }
  return [end(abi, back, forth), end(abi, forth, back)]
}

function end(abi: Abi, from: Pipe, to: Pipe): Transport {
  return {
    abi,
    portid: 0,
    send(datagram) {
      if (to.closed) throw new SocketError('EBADF')
      const { waiter } = to
      to.waiter = undefined
      if (waiter === undefined) to.queue.push(datagram.slice())
      else waiter.resolve({ bytes: datagram.slice() })
    },
    recv() {
      const bytes = from.queue.shift()
      if (bytes !== undefined) return { bytes }
      if (from.closed) throw new SocketError('EBADF')
      return new Promise((resolve, reject) => {
        from.waiter = { resolve, reject }
      })
    },
    join: () => undefined,
    leave: () => undefined,
    setOption: () => undefined,
    async close() {
      for (const pipe of [from, to]) {
        pipe.closed = true
        pipe.waiter?.reject(new SocketError('EBADF'))
        pipe.waiter = undefined
      }
    },
  }
}
