import { rootCred, userCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { toHex } from '@nltool/nl-core/testing'
import { frameOf, messages } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { capturedFamilies } from '../vectors/families.ts'
import { type Vector, vectorNamed } from '../vectors/load.ts'
import { type Bench, type BenchSocket, createBench, type OpenOptions } from './genetlink-bench.ts'

/**
 * Sets the port of every message of a datagram, and of the request that an NLMSG_ERROR quotes, to 0: ports are the only
 * thing in which an answer of nlctrl may differ from the captured one.
 */
function masked(datagram: Uint8Array): string {
  const bytes = datagram.slice()
  const view = new DataView(bytes.buffer)
  for (const { type, offset } of messages(frameOf(datagram))) {
    view.setUint32(offset + 12, 0, true)
    if (type === 2) view.setUint32(offset + 32, 0, true)
  }
  return toHex(bytes)
}

/** How a captured program had set up its socket, where it matters. */
const options: { readonly [name: string]: OpenOptions } = {
  'err-cap-ack': { extAck: true, capAck: true },
  'err-getpolicy-no-family': { extAck: true },
}

const elsewhere = 1 as VnetId

/** A kernel with the captured one's families; the captured programs ran outside its initial namespace. */
function capturedBench(): Bench {
  const bench = createBench('linux', { groupPolicy: 'linux', vnets: () => [vnet0, elsewhere] })
  for (const module of capturedFamilies()) bench.registry.register(bench.ctx(), module)
  return bench
}

function answers(socket: BenchSocket, { send }: Vector): string[] {
  return socket.ask(send).map(masked)
}

describe('nlctrl answers as the captured kernel, byte for byte', () => {
  it.each([
    'err-cap-ack',
    'err-getfamily-id-u8',
    'err-getfamily-name-not-terminated',
    'err-getfamily-name-too-long',
    'err-getfamily-no-attrs',
    'err-getpolicy-do',
    'err-getpolicy-no-family',
    'err-getpolicy-unknown-attr',
    'err-getpolicy-unknown-op',
    'err-short-no-genlmsghdr',
    'err-unknown-cmd',
    'err-unknown-family-id',
    'iproute2-get-id-0x10',
    'iproute2-get-name-nlctrl',
    'iproute2-get-name-unknown',
    'ok-getfamily-id-u32',
    'ok-getfamily-no-ack',
    'ok-getfamily-trailing-bytes-warning',
    'ok-not-a-request-acked',
    'vm-policy-nlctrl-6.12.117',
  ])('%s', name => {
    const vector = vectorNamed(name)
    const bench = createBench('linux', { idPolicy: 'cyclic', groupPolicy: 'linux' })
    const got = answers(bench.open(options[name] ?? { extAck: true }), vector)
    // Some captured programs stopped reading at the answer; the acknowledgement after it was never seen.
    expect(got.slice(0, vector.recv.length)).toEqual(vector.recv.map(masked))
    expect(bench.defects).toEqual([])
  })
})

describe('a kernel with the captured families answers as the captured kernel, byte for byte', () => {
  const nobody = userCred(65_534)
  it.each([
    'batch-three-messages',
    'err-netns-family-by-id',
    'err-netns-family-by-name',
    'err-strict-length',
    'err-strict-missing-attr',
    'err-strict-nested-missing',
    'err-strict-nested-offset',
    'err-strict-nested-unexpected',
    'err-strict-nlmsg-flags',
    'err-strict-range',
    'err-strict-reserved',
    'err-strict-trailing',
    'err-strict-unknown-attr',
    'err-unprivileged-admin-perm',
    'err-unprivileged-uns-admin-perm',
    'ethtool-discovery',
    'iproute2-list-dump',
    'libnl-genl-ctrl-list-details',
    'ok-getfamily-id-and-name-conflict',
    'ok-getpolicy-netdev',
    'ok-getpolicy-single-op',
    'pyroute2-discovery',
    'ynl-family-table-load',
  ])('%s', name => {
    const vector = vectorNamed(name)
    const bench = capturedBench()
    const cred = name.startsWith('err-unprivileged') ? nobody : rootCred
    const got = answers(bench.open({ vnet: elsewhere, cred, extAck: true }), vector)
    expect(got).toEqual(vector.recv.map(masked).map(corrected))
    expect(bench.defects).toEqual([])
  })
})

/** That kernel numbered the policy of a dump-only operation 0, which later ones do not: qstats-get is 12. */
function corrected(hex: string): string {
  return hex.replace('100009800c0000800800020007000000', '100009800c000c800800020007000000')
}
