import { readFileSync } from 'node:fs'
import { worded } from './state/wording.ts'

/** The whole of a file, or of standard input where none is named. @throws Failure */
export async function readInputFile(file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined) return worded('the file', file, 'read', () => readFileSync(file))
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
