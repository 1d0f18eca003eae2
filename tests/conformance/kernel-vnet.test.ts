import { createKernel, LeakError } from '@nltool/kernel'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

const code = (errno: string) => expect.objectContaining({ code: errno })

describe('network stacks', () => {
  it('have interfaces, addresses and routes of their own, and a loopback interface each', async () => {
    await using kernel = createKernel()
    const jail = await kernel.createVnet('jail')
    expect(kernel.vnets()).toEqual([{ id: 0, name: 'vnet0' }, jail])
    await using inside = await openRoute(kernel.spawn({ vnet: jail.id }))
    await using outside = await openRoute(kernel.spawn())
    await outside.link.create({ kind: 'epair', name: 'epair0' })
    await inside.link.create({ kind: 'epair', name: 'epair0' })
    const names = async (route: typeof inside) =>
      (await route.link.dump().collect()).map(({ ifindex, ifname }) => `${ifindex} ${ifname}`)
    expect(await names(outside)).toEqual(['1 lo0', '3 epair0a', '4 epair0b'])
    expect(await names(inside)).toEqual(['2 lo0', '5 epair0a', '6 epair0b'])
    expect((await inside.addr.dump({ family: 'inet' }).collect()).map(({ address }) => address)).toEqual(['127.0.0.1'])
  })

  it('have no news when they are new', async () => {
    await using kernel = createKernel()
    const { id } = await kernel.createVnet()
    const listener = kernel.spawn({ vnet: id })
    const fd = listener.socket(38, 3, 0)
    listener.bind(fd, { portid: 0, groups: 0x551 })
    await kernel.settle()
    expect(listener.poll(fd) & 1).toBe(0)
  })

  it('hear nothing of each other', async () => {
    await using kernel = createKernel()
    const { id } = await kernel.createVnet()
    const listener = kernel.spawn({ vnet: id })
    const fd = listener.socket(38, 3, 0)
    listener.bind(fd, { portid: 0, groups: 1 })
    await using outside = await openRoute(kernel.spawn())
    await outside.link.create({ kind: 'epair', name: 'epair0' })
    await kernel.settle()
    expect(listener.poll(fd) & 1).toBe(0)
  })

  it('are all heard by a Linux program that asks for it, each by its number (NETLINK_LISTEN_ALL_NSID)', async () => {
    await using kernel = createKernel()
    const jail = await kernel.createVnet('jail')
    const listener = kernel.spawn({ abi: 'linux' })
    const fd = listener.socket(16, 3, 0)
    listener.bind(fd, { portid: 0, groups: 1 })
    await listener.setsockopt(fd, 270, 8, 1)
    await using inside = await openRoute(kernel.spawn({ vnet: jail.id }))
    await using outside = await openRoute(kernel.spawn())
    await inside.link.create({ kind: 'lo', name: 'lo1' })
    await outside.link.create({ kind: 'lo', name: 'lo2' })
    const first = await listener.recv(fd, { control: true })
    const second = await listener.recv(fd, { control: true })
    expect(first.control).toEqual([{ level: 270, type: 8, data: Uint8Array.of(jail.id, 0, 0, 0) }])
    expect(second.control).toEqual([])
  })

  it('go with everything in them', async () => {
    await using kernel = createKernel()
    const { id } = await kernel.createVnet('jail')
    const proc = kernel.spawn({ vnet: id })
    {
      await using route = await openRoute(proc)
      await route.link.create({ kind: 'epair', name: 'epair0' })
      await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
    }
    await expect(kernel.destroyVnet(id)).rejects.toThrow(code('EBUSY'))
    await proc.exit()
    await kernel.destroyVnet(id)
    await kernel.settle()
    expect(kernel.vnets()).toEqual([{ id: 0, name: 'vnet0' }])
    expect(kernel.audit().findings).toEqual([])
    expect((await kernel.createVnet('jail')).id).toBe(id)
  })

  it('are refused for a name in use or none, and for what is not there', async () => {
    await using kernel = createKernel()
    await kernel.createVnet('jail')
    await expect(kernel.createVnet('jail')).rejects.toThrow(code('EEXIST'))
    await expect(kernel.createVnet('a b')).rejects.toThrow(code('EINVAL'))
    await expect(kernel.createVnet('7')).rejects.toThrow(code('EINVAL'))
    await expect(kernel.createVnet('')).rejects.toThrow(code('EINVAL'))
    await expect(kernel.destroyVnet(0 as never)).rejects.toThrow(code('EBUSY'))
    await expect(kernel.destroyVnet(7 as never)).rejects.toThrow(code('ENOENT'))
    expect(kernel.vnets()).toHaveLength(2)
  })
})

describe('kernel.close', () => {
  it('leaves nothing alive', async () => {
    const kernel = createKernel()
    const route = await openRoute(kernel.spawn())
    await route.link.create({ kind: 'epair', name: 'epair0' })
    await route.link.delete('epair0a')
    await kernel.close()
    expect(kernel.audit()).toEqual({ processes: 0, sockets: 0, descriptors: 0, findings: [] })
  })

  it('ends what waits', async () => {
    const kernel = createKernel()
    const route = await openRoute(kernel.spawn())
    const subscription = route.subscribe(['link'])
    await subscription.ready
    const parked = subscription.next()
    const outcome = expect(parked).rejects.toThrow(code('EBADF'))
    await kernel.close()
    await outcome
  })

  it('reports what a module left behind', () => {
    expect(new LeakError(['epair0a is held by "mine"']).message).toBe(
      'not all was well when the kernel was closed: epair0a is held by "mine"',
    )
  })
})
