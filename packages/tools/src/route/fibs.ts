import { NltoolError } from '@nltool/nl-core/errno'
import type { RouteClient } from '@nltool/nl-route'
import type { RouteCommand } from './types.ts'

/** The routing tables that `-fib` means. Netlink does not say how many there are: the first invalid one ends `all`. */
export async function fibsOf(route: RouteClient, fibs: RouteCommand['fibs']): Promise<readonly number[]> {
  if (fibs === 'default') return [0]
  if (fibs !== 'all') return fibs
  const found = [0]
  while (await exists(route, found.length)) found.push(found.length)
  return found
}

async function exists(route: RouteClient, table: number): Promise<boolean> {
  try {
    await route.route.get({ dst: '0.0.0.0/0', exact: true, table })
    return true
  } catch (error) {
    if (error instanceof NltoolError) return error.code === 'ESRCH' // the table is there, such a route is not
    throw error
  }
}
