import { createKernel, type Kernel, type Vnet } from '@nltool/kernel'
import { openRoute, type RouteClient } from '@nltool/nl-route'
import { createDice, type Dice } from './network-dice.ts'
import { createMirror, type Mirror } from './network-mirror.ts'
import { createWatched, type Watched } from './network-watched.ts'

/** A program with a socket for requests, and what another socket of its process hears. */
export interface Actor {
  readonly name: string
  readonly client: RouteClient
  readonly mirror: Mirror
  /** Copies that the client keeps itself. */
  readonly watched: Watched
}

/** A kernel with two network stacks, two fibs and a program of every kind. */
export interface World {
  readonly seed: number
  readonly dice: Dice
  readonly kernel: Kernel
  /** Numbers of the network stacks; the first is the initial one. */
  readonly stacks: readonly Vnet['id'][]
  readonly actors: readonly Actor[]
  /** Exceptions that were nobody's answer. */
  readonly defects: readonly string[]
}

export async function createWorld(seed: number): Promise<World> {
  const defects: string[] = []
  const onDefect = (defect: unknown, where: string): void => {
    defects.push(`${where}: ${defect instanceof Error ? defect.stack : String(defect)}`)
  }
  const kernel = createKernel({ seed, fibs: 2, onDefect })
  const { id } = await kernel.createVnet('other')
  const stacks = kernel.vnets().map(vnet => vnet.id)
  const processes = {
    freebsd: kernel.spawn(),
    other: kernel.spawn({ vnet: id }),
    linux: kernel.spawn({ abi: 'linux' }),
  }
  const actors: Actor[] = []
  for (const [name, process] of Object.entries(processes)) {
    const client = await openRoute(process)
    const mirror = await createMirror(await openRoute(process))
    actors.push({ name, client, mirror, watched: createWatched(await openRoute(process)) })
  }
  await kernel.settle()
  return { seed, dice: createDice(seed), kernel, stacks, actors, defects }
}

/** Closes every socket, then the kernel: nothing may be left. */
export async function closeWorld({ kernel, actors }: World): Promise<void> {
  for (const { client, mirror, watched } of actors) {
    await client.close()
    await mirror.close()
    await watched.close()
  }
  await kernel.settle()
  const { sockets, findings } = kernel.audit()
  if (sockets !== 0 || findings.length > 0) throw new Error(`after the end: ${sockets} sockets, ${findings.join('; ')}`)
  await kernel.close()
}
