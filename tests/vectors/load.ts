import { readdirSync, readFileSync } from 'node:fs'
import type { Abi } from '@nltool/nl-core/model'
import { fromHex } from '@nltool/nl-core/testing'

/** The protocol that an exchange speaks; also the name of its directory. */
export type VectorProtocol = 'rtnetlink' | 'genetlink'

/** One exchange of `data/`; see README.md there. */
export interface Vector {
  readonly name: string
  readonly protocol: VectorProtocol
  /** Of the program: `freebsd` for the vectors that were derived from FreeBSD's layout rules. */
  readonly abi: Abi
  readonly command: string
  readonly note: string
  /** One datagram; empty where the kernel spoke unasked. */
  readonly send: Uint8Array
  readonly recv: readonly Uint8Array[]
}

interface VectorFile {
  readonly name: string
  readonly command: string
  readonly note: string
  readonly send: string
  readonly recv: readonly string[]
  readonly derived?: boolean
}

const data = new URL('./data/', import.meta.url)

function read(protocol: VectorProtocol, file: string): Vector {
  const text = readFileSync(new URL(`${protocol}/${file}`, data), 'utf8')
  const { name, command, note, send, recv, derived }: VectorFile = JSON.parse(text)
  const abi = derived === true ? 'freebsd' : 'linux'
  return { name, protocol, abi, command, note, send: fromHex(send), recv: recv.map(fromHex) }
}

function readAll(protocol: VectorProtocol): Vector[] {
  const files = readdirSync(new URL(`${protocol}/`, data)).filter(file => file.endsWith('.json'))
  return files.sort().map(file => read(protocol, file))
}

/** Every exchange, in the order of the file names. */
export const vectors: readonly Vector[] = [...readAll('rtnetlink'), ...readAll('genetlink')]

/** One exchange by name. @throws TypeError if there is none */
export function vectorNamed(name: string): Vector {
  const found = vectors.find(vector => vector.name === name)
  if (found === undefined) throw new TypeError(`no vector ${name}`)
  return found
}
