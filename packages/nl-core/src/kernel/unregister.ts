import { NetlinkError } from '../errno/errors.ts'
import type { Core } from './core.ts'
import type { Failure } from './dispatch/ack.ts'
import { pullDump } from './dispatch/dump.ts'
import { checkUnused, type ProtocolEntry } from './protocol-table.ts'
import { scheduleWork } from './socket/worker.ts'

const gone: Failure = { code: 'EPROTONOSUPPORT', text: 'the protocol has been taken back' }

/**
 * Takes a protocol back while it is in use: no request reaches it from now on; resolves when its handlers have ended
 * and no dump is left. @throws NetlinkError ENOENT if it is not registered
 */
export async function unregisterProtocol(core: Core, number: number, abortDumps: boolean): Promise<void> {
  const entry = core.protocols.remove(number)
  if (entry === undefined) throw new NetlinkError('ENOENT', `protocol ${number} is not registered`)
  const unused = new Promise<void>(resolve => {
    entry.unused = resolve
  })
  if (abortDumps) endDumps(entry)
  checkUnused(entry)
  await unused
}

function endDumps(entry: ProtocolEntry): void {
  for (const sock of [...entry.dumping]) {
    if (sock.dump === undefined) continue
    sock.dump.aborted = gone
    if (sock.synchronous) pullDump(sock)
    else scheduleWork(sock)
  }
}
