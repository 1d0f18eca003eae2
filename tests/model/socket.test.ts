import type { NetlinkSocket } from '@nltool/nl-core/kernel'
import { type Abi, rootCred, type VnetId } from '@nltool/nl-core/model'
import { concatBytes, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld, itemOf, received, SOL_NETLINK, type World } from '../conformance/netlink-socket/fixture.ts'
import {
  charged,
  chargedSend,
  createModelSocket,
  type ModelSocket,
  offer,
  portTaken,
  receive,
  requestBytes,
  work,
} from './socket-model.ts'

/** MODEL_RUNS=20000 is the long run. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 2000)

interface Model {
  readonly sockets: ModelSocket[]
  nextTag: number
}

interface Real {
  readonly world: World
  readonly sockets: NetlinkSocket[]
}

/** A command that does the same to both and compares what can be seen. */
function command(name: string, run: (model: Model, real: Real) => void): fc.Command<Model, Real> {
  return {
    check: () => true,
    run(model, real) {
      run(model, real)
      real.world.scheduler.runUntilIdle()
      compare(model, real)
    },
    toString: () => name,
  }
}

function compare(model: Model, { world, sockets }: Real): void {
  expect(sockets.map(socket => socket.fionread)).toEqual(model.sockets.map(charged))
  expect(sockets.map(socket => socket.fionwrite)).toEqual(model.sockets.map(chargedSend))
  expect(sockets.map(socket => socket.portid)).toEqual(model.sockets.map(({ port }) => port))
  expect(sockets.map(socket => socket.poll().error)).toEqual(model.sockets.map(({ overrun }) => overrun))
  const infos = world.netlink.sockets()
  expect(infos.map(({ groups }) => groups)).toEqual(
    model.sockets.map(({ groups }) => [...groups].sort((a, b) => a - b)),
  )
  expect(infos.map(({ drops }) => drops)).toEqual(model.sockets.map(({ drops }) => drops))
}

/** The errno that a call fails with, or its result. */
function outcome<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** Runs on the socket that an index picks, if there is any. */
function onSocket(
  name: string,
  pick: number,
  run: (modelled: ModelSocket, socket: NetlinkSocket, model: Model, real: Real) => void,
): fc.Command<Model, Real> {
  return command(`${name} on ${pick}`, (model, real) => {
    const index = pick % Math.max(model.sockets.length, 1)
    const [modelled, socket] = [model.sockets[index], real.sockets[index]]
    if (modelled !== undefined && socket !== undefined) run(modelled, socket, model, real)
  })
}

const open = (abi: Abi, vnet: number, pid: number) =>
  command(`open ${abi} in vnet ${vnet} by ${pid}`, (model, real) => {
    model.sockets.push(createModelSocket(abi, vnet, pid))
    real.sockets.push(real.world.open({ abi, vnet: vnet as VnetId, pid, cred: rootCred }))
  })

const close = (pick: number) =>
  onSocket('close', pick, (modelled, socket, model, real) => {
    void socket.close()
    model.sockets.splice(model.sockets.indexOf(modelled), 1)
    real.sockets.splice(real.sockets.indexOf(socket), 1)
  })

const bind = (pick: number, port: number, mask: number) =>
  onSocket(`bind ${port}/${mask}`, pick, (modelled, socket, { sockets }) => {
    const got = outcome(() => socket.bind({ portid: port, groups: mask }))
    if (modelled.bound && port !== modelled.port) return expect(got).toBe('EINVAL')
    if (!modelled.bound && portTaken(sockets, modelled, port)) return expect(got).toBe('EADDRINUSE')
    expect(got).toBeUndefined()
    modelled.port = port
    modelled.bound = true
    for (let group = 1; group <= 32; group++) {
      if ((mask >>> (group - 1)) & 1) modelled.groups.add(group)
      else modelled.groups.delete(group)
    }
  })

const membership = (pick: number, group: number, on: boolean) =>
  onSocket(`${on ? 'join' : 'leave'} ${group}`, pick, (modelled, socket) => {
    const got = outcome(() => socket.setsockopt(SOL_NETLINK, on ? 1 : 2, group))
    const limit = modelled.abi === 'linux' ? 40 : 127
    if (group < 1 || group > limit) return expect(got).toBe(modelled.abi === 'linux' ? 'EINVAL' : 'ERANGE')
    expect(got).toBeUndefined()
    if (on) modelled.groups.add(group)
    else modelled.groups.delete(group)
  })

const notify = (vnet: number, group: number, size: number) =>
  command(`notify ${group} of ${vnet} with ${size} bytes`, (model, { world }) => {
    const id = model.nextTag++
    world.items.set(id, itemOf(id, 'n'.repeat(size)))
    world.notify(id, { vnet: vnet as VnetId, group })
    world.items.delete(id)
    for (const socket of model.sockets) {
      if (socket.vnet !== vnet || !socket.groups.has(group)) continue
      const name = (socket.abi === 'linux' ? 'linux-'.length : 0) + size + 1
      offer(socket, { length: 16 + 8 + 4 + ((name + 3) & ~3), tag: id })
    }
  })

const send = (pick: number, count: number) =>
  onSocket(`send ${count}`, pick, (modelled, socket, model) => {
    const tags = Array.from({ length: count }, () => model.nextTag++)
    const bytes = concatBytes(...tags.map(seq => messageBytes({ type: 1, flags: 4, seq })))
    const dontwait = modelled.abi === 'linux' ? 0x40 : 0x80
    const got = outcome(() => socket.send(bytes, dontwait))
    if (bytes.length > modelled.sendHiwat - (modelled.abi === 'linux' ? 32 : 0)) return expect(got).toBe('EMSGSIZE')
    if (modelled.abi === 'linux' && !modelled.bound) {
      modelled.bound = true
      modelled.port = socket.portid
      expect(
        portTaken(
          model.sockets.filter(other => other !== modelled),
          modelled,
          modelled.port,
        ),
      ).toBe(false)
    }
    if (modelled.sync) {
      expect(got).toBe(bytes.length)
      for (const tag of tags) offer(modelled, { length: 36, tag })
      return undefined
    }
    if (modelled.sendHiwat - chargedSend(modelled) < bytes.length) return expect(got).toBe('EAGAIN')
    expect(got).toBe(count * requestBytes)
    modelled.pending.push({ tags, bytes: bytes.length })
    work(modelled)
    return undefined
  })

const recv = (pick: number, size: number, peek: boolean) =>
  onSocket(`recv ${size}${peek ? ' peek' : ''}`, pick, (modelled, socket) => {
    const flags = (peek ? 2 : 0) | (modelled.abi === 'linux' ? 0x40 : 0x80)
    const got = outcome(() => received(socket.recv(size, flags)))
    const expected = receive(modelled, size, peek)
    if (typeof expected === 'string' || typeof got === 'string') return expect(got).toBe(expected)
    expect([got.length, got.flags !== 0]).toEqual([expected.length, expected.truncated])
    if (expected.tags.length > 0) expect(splitMessages(got.data).map(tagOf)).toEqual(expected.tags)
    if (!modelled.sync) work(modelled)
    return undefined
  })

/** A notification is told apart by its item, an acknowledgement by its sequence number. */
function tagOf({ type, seq, payload }: { type: number; seq: number; payload: Uint8Array }): number {
  return type === 2 ? seq : new DataView(payload.buffer, payload.byteOffset).getUint32(4, true)
}

const resize = (pick: number, receiveBytes: number, sendBytes: number) =>
  onSocket(`resize ${receiveBytes}/${sendBytes}`, pick, (modelled, socket) => {
    const linux = modelled.abi === 'linux'
    socket.setsockopt(linux ? 1 : 0xffff, linux ? 8 : 0x1002, receiveBytes)
    socket.setsockopt(linux ? 1 : 0xffff, linux ? 7 : 0x1001, sendBytes)
    modelled.hiwat = linux ? Math.max(2304, receiveBytes * 2) : receiveBytes
    modelled.sendHiwat = linux ? Math.max(4608, sendBytes * 2) : sendBytes
  })

const switchSync = (pick: number, on: boolean) =>
  onSocket(`switch ${on ? 'on' : 'off'}`, pick, (modelled, socket) => {
    const got = outcome(() => socket.setsockopt(SOL_NETLINK, 258, on ? 1 : 0))
    if (modelled.abi === 'linux') return expect(got).toBe('EINVAL')
    if (on && !modelled.sync && modelled.pending.length > 0) return expect(got).toBe('EBUSY')
    expect(got).toBeUndefined()
    modelled.sync = on
    return undefined
  })

const pick = fc.nat(5)
/** Any limit, and those that a number of acknowledgements meets exactly. */
const limit = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(36, 72, 108))
const commands = [
  fc.tuple(fc.constantFrom<Abi>('freebsd', 'linux'), fc.nat(1), fc.constantFrom(50, 51)).map(args => open(...args)),
  pick.map(close),
  fc.tuple(pick, fc.constantFrom(60, 61, 62), fc.constantFrom(0, 1, 0x40, 0x41)).map(args => bind(...args)),
  fc.tuple(pick, fc.constantFrom(0, 1, 7, 40, 41, 128), fc.boolean()).map(args => membership(...args)),
  fc.tuple(fc.nat(1), fc.constantFrom(1, 7, 40), fc.nat(60)).map(args => notify(...args)),
  fc.tuple(pick, fc.integer({ min: 1, max: 12 })).map(args => send(...args)),
  fc.tuple(pick, fc.constantFrom(0, 10, 36, 80, 300, 5000), fc.boolean()).map(args => recv(...args)),
  fc.tuple(pick, limit, fc.integer({ min: 16, max: 200 })).map(args => resize(...args)),
  fc.tuple(pick, fc.boolean()).map(args => switchSync(...args)),
]

describe('netlink sockets beside a model of plain data', () => {
  it(`agree after every operation, ${numRuns} programs`, { timeout: 20_000 + numRuns * 30 }, () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 60, size: '+1' }), program => {
        const setup = () => ({
          model: { sockets: [], nextTag: 1 } satisfies Model,
          real: { world: createWorld(), sockets: [] } satisfies Real,
        })
        fc.modelRun(setup, program)
      }),
      { numRuns },
    )
  })
})
