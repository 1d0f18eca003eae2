import { closeSync, openSync, writeSync } from 'node:fs'
import type { Host } from '@nltool/nl-core'
import type { Globals } from './argv.ts'
import { worded } from './state/wording.ts'

/** What a command and its kernel say to each other, for `--trace` and `--pcap`. */
export interface Conversation {
  /** The host, overheard. */
  overhear(host: Host): Host
  /** Prints what was said, and closes the capture. */
  end(): void
}

/** Listens in as the global options say; without them nothing is written down. */
export async function openConversation({ trace, pcap }: Globals): Promise<Conversation> {
  if (!trace && pcap === undefined) return { overhear: host => host, end: () => {} }
  const { record } = await import('@nltool/nl-core')
  const { traceOf } = await import('./decode/trace.ts')
  const file = pcap === undefined ? undefined : worded('the file', pcap, 'written', () => openSync(pcap, 'w'))
  const heard: Uint8Array[] = []
  return {
    overhear: host =>
      record(host, bytes => {
        heard.push(bytes)
        if (file !== undefined) worded('the file', pcap ?? '', 'written', () => writeSync(file, bytes))
      }),
    end() {
      if (trace) process.stderr.write(traceOf(Buffer.concat(heard)))
      if (file !== undefined) closeSync(file)
    },
  }
}
