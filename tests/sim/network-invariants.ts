import { restoreKernel } from '@nltool/kernel'
import { openRoute } from '@nltool/nl-route'
import { expect } from 'vitest'
import { dumpAll, linkLocalHost, picture, type Shown, wholePicture } from './network-picture.ts'
import type { Actor, World } from './network-world.ts'

/** Everything that a program in each network stack sees. */
export async function wholeWorld({ actors }: World): Promise<string[][]> {
  const freebsd = actors.filter(({ client }) => client.abi === 'freebsd')
  return Promise.all(freebsd.map(async ({ client }) => wholePicture(await dumpAll(client))))
}

/** What is heard equals what is there, nothing is amiss, and nobody threw. */
export async function expectSound(world: World): Promise<void> {
  await world.kernel.settle()
  for (const actor of world.actors) await expectHeard(actor)
  expect(world.kernel.audit().findings).toEqual([])
  expect(world.defects).toEqual([])
}

async function expectHeard({ name, client, mirror, watched }: Actor): Promise<void> {
  // The Linux ABI drops KNH_ID, so there several routes of link-local addresses look the same.
  const known = (shown: Shown): Shown =>
    client.abi === 'linux' ? { ...shown, routes: [...shown.routes].filter(route => !linkLocalHost(route)) } : shown
  const there = picture(known(await dumpAll(client)))
  expect(picture(known(mirror.shown())), `what ${name} heard`).toEqual(there)
  expect(picture(known(watched.shown())), `the live copies of ${name}`).toEqual(there)
  expect([...mirror.faults, ...watched.faults], name).toEqual([])
}

/** A kernel that is restored shows the same, and saves the same bytes. */
export async function expectRestored(world: World): Promise<void> {
  const { kernel, seed, stacks } = world
  await kernel.settle()
  const bytes = kernel.save()
  await using copy = restoreKernel(bytes, { seed, clock: kernel.clock })
  const shown: string[][] = []
  for (const vnet of stacks) {
    await using client = await openRoute(copy.spawn({ vnet }))
    shown.push(wholePicture(await dumpAll(client)))
  }
  expect(shown, 'the restored kernel').toEqual(await wholeWorld(world))
  expect(Buffer.compare(copy.save(), bytes), 'bytes of the restored kernel').toBe(0)
}
