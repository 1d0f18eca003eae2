import { createKernel, LeakError } from '@nltool/kernel'
import { attributeSet, nulString, u32 } from '@nltool/nl-core/wire'
import { defineFamily, openGeneric } from '@nltool/nl-genl'
import { serveFamily } from '@nltool/nl-genl/kernel'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

const greeter = defineFamily({
  name: 'greeter',
  version: 1,
  groups: { greetings: {} },
  sets: { greeting: attributeSet({ GREETING_NAME: [1, 'name', nulString()], GREETING_COUNT: [2, 'count', u32] }) },
  ops: {
    greet: { cmd: 1, set: 'greeting', do: { request: ['name'], reply: ['name', 'count'] } },
    fail: { cmd: 2, set: 'greeting', do: { request: ['name'] } },
    hang: { cmd: 3, set: 'greeting', do: { request: ['name'] } },
  },
})

const module = serveFamily(greeter, () => {
  let count = 0
  return {
    greet: { do: ({ attrs }) => ({ name: `hello ${attrs.name ?? 'nobody'}`, count: ++count }) },
    hang: { do: () => new Promise<void>(() => {}) },
    fail: {
      do: () => {
        throw new TypeError('a defect of the module')
      },
    },
  }
})

describe('createKernel({ modules })', () => {
  it('serves generic netlink families to programs of both ABIs, state apart in each kernel', async () => {
    for (const abi of ['freebsd', 'linux'] as const) {
      await using kernel = createKernel({ modules: [module] })
      await using genl = await openGeneric(kernel.spawn({ abi }))
      const family = await genl.open(greeter)
      expect(await family.do('greet', { name: 'world' })).toMatchObject({ name: 'hello world', count: 1 })
      expect(await family.do('greet', { name: 'again' })).toMatchObject({ count: 2 })
    }
  })

  it('answers EIO where a module throws, tells onDefect, and close() names it', async () => {
    const heard: unknown[] = []
    const kernel = createKernel({ modules: [module], onDefect: defect => heard.push(defect) })
    const genl = await openGeneric(kernel.spawn())
    const family = await genl.open(greeter)
    await expect(family.do('fail', { name: 'x' })).rejects.toMatchObject({ code: 'EIO' })
    expect(heard).toEqual([new TypeError('a defect of the module')])
    expect(kernel.audit().findings).toHaveLength(1)
    await expect(kernel.close()).rejects.toThrow(LeakError)
  })
})

describe('kernel.audit', () => {
  it('keeps the first hundred defects and counts the rest', async () => {
    let told = 0
    const kernel = createKernel({ onDefect: () => told++ })
    kernel.tap(() => {
      throw new Error('a defect of the tap')
    })
    const route = await openRoute(kernel.spawn())
    while (told < 500) await route.link.list()
    await route.close()
    const { findings } = kernel.audit()
    expect(findings).toHaveLength(101)
    expect(findings.at(-1)).toBe(`${told - 100} more defects, which were not kept`)
    await expect(kernel.close()).rejects.toThrow(LeakError)
  })
})

describe('kernel.close', () => {
  it('does not wait for ever for a handler that never ends, but names the process', async () => {
    const kernel = createKernel({ modules: [module], limits: { closeMs: 20 } })
    const genl = await openGeneric(kernel.spawn({ pid: 77 }))
    const family = await genl.open(greeter)
    const lost = expect(family.do('hang', { name: 'x' })).rejects.toMatchObject({ code: 'EBADF' })
    await kernel.settle()
    await expect(kernel.close()).rejects.toThrow(
      'not all was well when the kernel was closed: a request of process 77 on protocol 16 does not end',
    )
    await lost
  })
})

describe('kernel.sockets and kernel.stats', () => {
  it('tell whose sockets are open, what they are in and what waits in them', async () => {
    await using kernel = createKernel()
    const proc = kernel.spawn({ pid: 77, abi: 'linux' })
    const fd = proc.socket(16, 3, 0)
    proc.bind(fd, { portid: 0, groups: 0b11 })
    expect(kernel.sockets()).toMatchObject([
      { protocol: 0, portid: 77, pid: 77, abi: 'linux', groups: [1, 2], receiveBytes: 0 },
    ])
    expect(kernel.stats()).toMatchObject({ sockets: 1, droppedMessages: 0, defects: 0 })
  })
})

describe('kernel.sysctl', () => {
  it('bounds the buffers of sockets that are opened afterwards', async () => {
    await using kernel = createKernel({ sysctl: { 'net.netlink.recvspace': 8192 } })
    const proc = kernel.spawn()
    const size = () => proc.getsockopt(proc.socket(38, 3, 0), 0xffff, 0x1002)
    expect(size()).toBe(8192)
    kernel.sysctl.set('net.netlink.recvspace', 16384)
    expect(size()).toBe(16384)
    expect(() => createKernel({ sysctl: { 'net.netlink.nl_maxsockbuf': 1 } })).toThrow('EINVAL')
  })
})
