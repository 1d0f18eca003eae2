import { resolve } from 'node:path'
import { Failure } from '../failure.ts'
import { boot, type Session } from '../host.ts'
import { readWhole, replaceFile } from './file.ts'
import { worded } from './wording.ts'

/** JSON of `save` and `restore`. */
export interface Transferred {
  readonly file: string
  readonly bytes: number
}

/** Writes the kernel's state to a file, which is replaced whole or not at all. @throws Failure */
export async function saveTo(session: Session, name: string): Promise<Transferred> {
  const file = resolve(name)
  const state = await session.save()
  worded('the file', file, 'written', () => replaceFile(file, state))
  return { file, bytes: state.length }
}

/** Replaces the kernel's state by a file's, if that is whole. @throws Failure */
export async function restoreFrom(session: Session, name: string): Promise<Transferred> {
  const file = resolve(name)
  const state = worded('the file', file, 'read', () => readWhole(file))
  if (state === undefined) throw new Failure(`the file ${file} does not exist`)
  await using kernel = await boot(state, file)
  await session.replace(kernel.save())
  return { file, bytes: state.length }
}
