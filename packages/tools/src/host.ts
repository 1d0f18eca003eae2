import type { Kernel, Process, Vnet } from '@nltool/kernel'
import type { Host } from '@nltool/nl-core'
import type { Globals } from './argv.ts'
import { openConversation } from './conversation.ts'
import { Failure, usage } from './failure.ts'
import type { Listener } from './monitor/events.ts'
import { createStateStore, stateDirectory } from './state/store.ts'

/** What a command does with its host, and the kernel behind it: the result, once it is certain. */
export type Work<T> = (host: Host, kernel: Kernel) => Promise<T>

/** A kernel to speak to. */
export interface WorkSession {
  /** Runs work that only looks. Nothing is written. */
  read<T>(work: Work<T>): Promise<T>
  /** Runs work that changes the kernel; its result is there when the change is on the disk. If it throws, nothing changed. */
  change<T>(work: Work<T>): Promise<T>
}

/** A kernel whose configuration is kept. */
export interface Session extends WorkSession {
  /** Runs several pieces of work on one kernel: all of their changes are kept, or none if it throws. */
  together<T>(work: (session: WorkSession) => Promise<T>): Promise<T>
  /** The whole configuration, as the bytes of a state file. */
  save(): Promise<Uint8Array>
  /** Puts a configuration in the place of the present one, whatever that is; the bytes are known to be good. */
  replace(state: Uint8Array): Promise<void>
}

/** Opens the kernel that the global options name. */
export function openSession(globals: Globals, env: NodeJS.ProcessEnv): Session {
  if (globals.kernel !== 'embedded') throw refuseKernel(globals.kernel)
  const store = createStateStore(stateDirectory(env))

  /** Work in processes of one kernel, whose conversations go to one place. */
  async function processesOf<T>(
    kernel: Kernel,
    use: (run: <R>(work: Work<R>) => Promise<R>) => Promise<T>,
  ): Promise<T> {
    const conversation = await openConversation(globals)
    const listener = globals.events ? await listen(kernel, globals) : undefined
    try {
      return await use(work => work(conversation.overhear(spawn(kernel, globals)), kernel))
    } finally {
      conversation.end()
      await listener?.end()
    }
  }

  function together<T>(work: (session: WorkSession) => Promise<T>): Promise<T> {
    return store.update(async state => {
      await using kernel = await boot(state, store.path)
      const result = await processesOf(kernel, run => work({ read: run, change: run }))
      await kernel.settle()
      return { state: kernel.save(), result }
    })
  }

  return {
    async read(work) {
      await using kernel = await boot(store.read(), store.path)
      return await processesOf(kernel, run => run(work))
    },
    change: work => together(session => session.change(work)),
    together,
    async save() {
      await using kernel = await boot(store.read(), store.path)
      return kernel.save()
    },
    replace: state =>
      store.update(async before => {
        await using _ = await boot(before, store.path) // a damaged state is not overwritten even so
        return { state, result: undefined }
      }),
  }
}

/** A kernel with the state that a file holds, or one that has just booted. */
export async function boot(state: Uint8Array | undefined, path: string): Promise<Kernel> {
  const { createKernel, restoreKernel, StateError } = await import('@nltool/kernel')
  if (state === undefined) return createKernel()
  try {
    return restoreKernel(state)
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    const { code, offset, message } = error
    const what = message.slice(code.length + 2)
    const sentence = `the state file ${path} is damaged and stays as it is: ${what}; move it away to go on`
    throw new Failure(sentence, { detail: { code, offset }, cause: error })
  }
}

async function listen(kernel: Kernel, globals: Globals): Promise<Listener> {
  const { listenTo } = await import('./monitor/events.ts')
  return listenTo(kernel, spawn(kernel, globals))
}

function spawn(kernel: Kernel, { uid, vnet }: Globals): Process {
  return kernel.spawn(vnet === undefined ? { uid } : { uid, vnet: findVnet(kernel, vnet).id })
}

/** A network stack by name or number. @throws Failure */
export function findVnet(kernel: Kernel, name: string): Vnet {
  const vnet = kernel.vnets().find(each => each.name === name || String(each.id) === name)
  if (vnet === undefined) throw new Failure(`there is no network stack named ${name}`)
  return vnet
}

function refuseKernel(name: string): Failure {
  if (name.startsWith('unix:'))
    return usage(
      `--kernel ${name}: attaching to a served kernel is not available in this version; use --kernel embedded`,
    )
  if (name === 'linux' || name.startsWith('linux:')) {
    return usage(
      `--kernel ${name}: the host's own Linux kernel is not available in this version; use --kernel embedded`,
    )
  }
  return usage(`--kernel ${name}: unknown; the kernel is embedded`)
}

/** Why a command that waits for events does not start: nobody else changes a kernel that lives for one command only. */
export function noServedKernel(what: string): Failure {
  return new Failure(
    `${what} needs a kernel that keeps running, which nltool serve will start; this version has no such command yet`,
  )
}
