import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isGone, parseOwner, thisOwner } from './owner.ts'

/** The whole file, or `undefined` where there is none. */
export function readWhole(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Replaces a file: the new content is on the disk under another name before it takes the old one's place, and the
 * directory is written before the call returns. Whenever the machine stops, the file is the old one or the new one.
 * A symbolic link stays, its file is replaced. A device or a pipe (`/dev/null`, `/dev/stdout`) is written to: a file in
 * its place would be the end of it.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() === false) {
    writeFileSync(path, bytes)
    return
  }
  const file = found === undefined ? path : realpathSync(path)
  const draft = `${file}.${process.pid}.new`
  try {
    writeDurably(draft, bytes)
    renameSync(draft, file)
  } catch (error) {
    removeQuietly(draft)
    throw error
  }
  syncDirectory(dirname(file))
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    let written = 0
    while (written < bytes.length) written += writeSync(fd, bytes, written)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Makes a rename durable. Windows has no such call for a directory, and does not need it. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Makes the directory, for its owner alone, and what is missing above it. `recursive` of mkdir would do the same, but
 * Node 20 tries for ever where a directory is missing that cannot be made, as in /proc.
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeDirectory(dirname(path))
    mkdirSync(path, { mode: 0o700 })
  }
}

/** Removes what invocations that were killed left beside `lock`. Only the holder of the lock may call it. */
export function removeLeftovers(lock: string, state: string): void {
  const directory = dirname(lock)
  const self = thisOwner()
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (path.startsWith(`${state}.`) && name.endsWith('.new')) removeQuietly(path)
    if (!path.startsWith(`${lock}.`)) continue
    const owner = parseOwner(new TextDecoder().decode(readWhole(path)))
    if (owner === undefined ? isOld(path) : isGone(owner, self)) removeQuietly(path)
  }
}

/** A file that names nobody may be in the making; a minute later it is not. */
function isOld(path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return Date.now() - made > 60_000
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is gone, or not ours to remove: a leftover harms nobody.
  }
}
