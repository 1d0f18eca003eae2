import type { Dump, DumpEnd } from '@nltool/nl-core'
import type { FamilyInfo } from './family-info.ts'
import type { Renewable } from './renewal.ts'

/** A dump of a family that is looked up again where its id has changed by the time of the first part. */
export function renewedDump<R>(renewable: Renewable, make: (info: FamilyInfo) => Dump<R>): Dump<R> {
  let last: Dump<R> | undefined

  function begin(info: FamilyInfo): Dump<R> {
    last = make(info)
    return last
  }

  async function* iterate(): AsyncGenerator<R, DumpEnd, undefined> {
    // Only the first part can say that there is no such family.
    const { iterator, first } = await renewable.run(async info => {
      const parts = begin(info)[Symbol.asyncIterator]()
      return { iterator: parts, first: await parts.next() }
    })
    let done = false
    try {
      for (let part = first; ; part = await iterator.next()) {
        if (part.done === true) {
          done = true
          return part.value
        }
        yield part.value
      }
    } finally {
      if (!done) await iterator.return?.()
    }
  }

  return {
    get end() {
      return last?.end
    },
    [Symbol.asyncIterator]: iterate,
    collect: options => renewable.run(info => begin(info).collect(options)),
    snapshot: options => renewable.run(info => begin(info).snapshot(options)),
    map: select => renewedDump(renewable, info => make(info).map(select)),
  }
}
