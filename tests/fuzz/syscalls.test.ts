import { createKernel, type Process } from '@nltool/kernel'
import { type Abi, abiConstants } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

type Call = (proc: Process) => unknown

const fd = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 3, max: 8 }) }, fc.integer())
const small = fc.oneof(fc.integer({ min: -1, max: 40 }), fc.integer())
const bytes = fc.uint8Array({ maxLength: 96 })
const address = fc.oneof(fc.record({ portid: small, groups: fc.integer() }), bytes)

/** Requests whose header is right, so that some get past the first check. */
const request = fc
  .record({
    type: fc.oneof(fc.integer({ min: 0, max: 110 }), fc.nat(0xffff)),
    flags: fc.nat(0xffff),
    seq: fc.nat(),
    body: fc.uint8Array({ maxLength: 64 }),
  })
  .map(({ type, flags, seq, body }) => {
    const message = new Uint8Array(16 + body.length)
    const view = new DataView(message.buffer)
    view.setUint32(0, message.length, true)
    view.setUint16(4, type, true)
    view.setUint16(6, flags, true)
    view.setUint32(8, seq, true)
    message.set(body, 16)
    return message
  })

/** Any system call with any arguments; what would wait is told not to. */
function callsOf(abi: Abi): fc.Arbitrary<Call> {
  const { AF_NETLINK, MSG_DONTWAIT, SOL_SOCKET } = abiConstants[abi]
  const domain = fc.oneof({ weight: 9, arbitrary: fc.constant(AF_NETLINK as number) }, small)
  const protocol = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 16) }, small)
  const level = fc.oneof(fc.constantFrom<number>(270, SOL_SOCKET), small)
  const option = fc.oneof(fc.integer({ min: 0, max: 13 }), fc.constantFrom(257, 258, 0x1001, 0x1002, 7, 8), small)
  const flags = small.map(raw => raw | MSG_DONTWAIT)
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ domain, type: fc.oneof(fc.constantFrom(2, 3), small), protocol }).map(
        (args): Call =>
          proc =>
            proc.socket(args.domain, args.type, args.protocol),
      ),
    },
    fc.record({ fd, address }).map(
      (args): Call =>
        proc =>
          proc.bind(args.fd, args.address),
    ),
    fc.record({ fd, address }).map(
      (args): Call =>
        proc =>
          proc.connect(args.fd, args.address),
    ),
    fd.map(
      (n): Call =>
        proc =>
          proc.getsockname(n),
    ),
    fd.map(
      (n): Call =>
        proc =>
          proc.getpeername(n),
    ),
    fc.record({ fd, level, option, value: fc.oneof(small, bytes) }).map(
      (args): Call =>
        proc =>
          proc.setsockopt(args.fd, args.level, args.option, args.value),
    ),
    fc.record({ fd, level, option, size: fc.nat(64) }).map(
      (args): Call =>
        proc =>
          proc.getsockoptBytes(args.fd, args.level, args.option, args.size),
    ),
    {
      weight: 4,
      arbitrary: fc.record({ fd, data: fc.oneof(request, bytes), flags }).map(
        (args): Call =>
          proc =>
            proc.send(args.fd, args.data, args.flags),
      ),
    },
    fc.record({ fd, data: request, flags, to: address }).map(
      (args): Call =>
        proc =>
          proc.sendto(args.fd, args.data, args),
    ),
    {
      weight: 4,
      arbitrary: fc.record({ fd, size: fc.nat(9000), flags, control: fc.boolean() }).map(
        (args): Call =>
          proc =>
            proc.recv(args.fd, args),
      ),
    },
    fd.map(
      (n): Call =>
        proc =>
          proc.poll(n),
    ),
    fc.record({ fd, number: fc.oneof(fc.constantFrom(0x4004667f, 0x541b, 0x5421), small) }).map(
      (args): Call =>
        proc =>
          proc.ioctl(args.fd, args.number),
    ),
    fc.record({ fd, command: small, argument: small }).map(
      (args): Call =>
        proc =>
          proc.fcntl(args.fd, args.command, args.argument),
    ),
    fc.record({ fd, how: small }).map(
      (args): Call =>
        proc =>
          proc.shutdown(args.fd, args.how),
    ),
    fd.map(
      (n): Call =>
        proc =>
          proc.dup(n),
    ),
    fd.map(
      (n): Call =>
        proc =>
          proc.close(n),
    ),
    fc.constant<Call>(proc => proc.exec()),
  )
}

/** What a call did: `undefined`, or the errno. Anything else that is thrown is a defect. */
async function outcome(proc: Process, call: Call): Promise<string | undefined> {
  try {
    await call(proc)
    return undefined
  } catch (error) {
    if (error instanceof SocketError) return error.code
    throw error
  }
}

describe.each(['freebsd', 'linux'] as const)('any system calls of a %s process, with any arguments', abi => {
  it('succeed or fail with an errno, and leave the kernel in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(callsOf(abi), { maxLength: 60 }), fc.constantFrom(0, 1001), async (calls, uid) => {
        const kernel = createKernel({ limits: { descriptorsMax: 16 } })
        const proc = kernel.spawn({ abi, uid })
        for (const call of calls) await outcome(proc, call)
        await proc.exit()
        await kernel.settle()
        expect(kernel.audit()).toEqual({ processes: 0, sockets: 0, descriptors: 0, findings: [] })
        await kernel.close()
      }),
      { numRuns: 150 },
    )
  }, 30_000)
})
