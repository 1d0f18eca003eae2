import type { Vnet } from '@nltool/kernel'
import { type Errno, SocketError } from '@nltool/nl-core/errno'
import { vnet0 } from '@nltool/nl-core/model'
import { Failure } from '../failure.ts'
import { findVnet, type WorkSession } from '../host.ts'
import { detailOf, reasonOf } from '../sentence.ts'
import type { Shown } from '../shown.ts'

/** `vnet list`: number and name of each network stack. */
export function listVnets(session: WorkSession): Promise<Shown<Vnet[]>> {
  return session.read(async (_host, kernel) => {
    const vnets = kernel.vnets().map(({ id, name }) => ({ id, name }))
    return { text: vnets.map(({ id, name }) => `${String(id).padStart(3)}  ${name}`).join('\n'), json: vnets }
  })
}

/** `vnet create`: a new network stack with its loopback interface; the kernel chooses a name if none is given. */
export function createVnet(session: WorkSession, name: string | undefined): Promise<Shown<Vnet>> {
  return session.change(async (_host, kernel) => {
    const { id, name: made } = await kernel.createVnet(name).catch(error => refused(name ?? '', error, badName))
    return { text: made, json: { id, name: made } }
  })
}

/** `vnet delete`: interfaces that came from elsewhere go home, its own are destroyed. */
export function deleteVnet(session: WorkSession, name: string): Promise<Shown<Vnet>> {
  return session.change(async (_host, kernel) => {
    const { id, name: gone } = findVnet(kernel, name)
    const busy = id === vnet0 ? 'the initial network stack stays' : 'this command runs in it: leave --vnet out'
    await kernel.destroyVnet(id).catch(error => refused(name, error, { EBUSY: busy }))
    return { text: '', json: { id, name: gone } }
  })
}

type Sentences = { readonly [code in Errno]?: string }

const badName: Sentences = {
  EEXIST: 'there is one of that name',
  EINVAL: 'not a name: 1 to 64 letters, digits, _ . and -, not digits alone',
}

function refused(name: string, error: unknown, sentences: Sentences): never {
  if (!(error instanceof SocketError)) throw error
  throw new Failure(`vnet ${name}: ${sentences[error.code] ?? reasonOf(error)}`, {
    detail: detailOf(error),
    cause: error,
  })
}
