import { KernelError } from '@nltool/nl-core/errno'
import type { FamilyInfo } from './family-info.ts'

/** What is known of a family, found anew when its id has changed under the client. */
export interface Renewable {
  current(): FamilyInfo
  /**
   * Runs a request. Where the kernel says that there is no such family, and it has another id by now (its module was
   * loaded again), the request is made once more with that.
   */
  run<T>(request: (info: FamilyInfo) => Promise<T>): Promise<T>
}

/** Keeps what is known of a family; `find` asks the kernel. */
export function createRenewable(first: FamilyInfo, find: () => Promise<FamilyInfo>): Renewable {
  let info = first

  async function again<T>(failure: unknown, request: (info: FamilyInfo) => Promise<T>): Promise<T> {
    const found = await find().catch(() => info)
    if (found.id === info.id) throw failure
    info = found
    return request(info)
  }

  return {
    current: () => info,
    async run(request) {
      try {
        return await request(info)
      } catch (failure) {
        if (isUnknownFamily(failure)) return again(failure, request)
        throw failure
      }
    },
  }
}

/** Linux answers ENOENT, FreeBSD EOPNOTSUPP; handlers answer these too, so it is a hint only. */
function isUnknownFamily(failure: unknown): boolean {
  return failure instanceof KernelError && (failure.code === 'ENOENT' || failure.code === 'EOPNOTSUPP')
}
