import { createKernel } from '@nltool/kernel'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it, vi } from 'vitest'
import { boot } from './host.ts'

vi.setConfig({ testTimeout: 60_000 })

/** The state of a kernel with an interface, an address and a route. */
async function someState(): Promise<Uint8Array> {
  await using kernel = createKernel()
  await using route = await openRoute(kernel.spawn())
  await route.link.create({ kind: 'epair', name: 'epair0' })
  await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
  await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
  return kernel.save()
}

describe('boot', () => {
  it('goes on with the state of a file', async () => {
    await using kernel = await boot(await someState(), 'FILE')
    await using route = await openRoute(kernel.spawn())
    expect(await route.route.get('203.0.113.9')).toMatchObject({ gateway: '192.0.2.2' })
  })

  it('refuses a state that is cut to any length, with what is wrong', async () => {
    const whole = await someState()
    for (let length = 0; length < whole.length; length++) {
      const error = await boot(whole.subarray(0, length), 'FILE').catch((refused: unknown) => refused)
      expect(error, `cut to ${length} bytes`).toMatchObject({
        exit: 1,
        message: expect.stringMatching(
          /^the state file FILE is damaged and stays as it is: \S.*; move it away to go on$/,
        ),
        detail: { code: 'EINVAL', offset: expect.any(Number) },
      })
    }
  })

  it('refuses a state of which any byte was changed', async () => {
    const whole = await someState()
    for (let at = 0; at < whole.length; at++) {
      const spoiled = Uint8Array.from(whole)
      spoiled[at] = (spoiled[at] ?? 0) ^ 0x41
      await expect(boot(spoiled, 'FILE'), `byte ${at} changed`).rejects.toThrow('is damaged')
    }
  })
})
