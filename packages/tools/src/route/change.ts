import { NltoolError } from '@nltool/nl-core/errno'
import { type RouteAdd, type RouteClient, RTF } from '@nltool/nl-route'
import type { Release } from '../argv.ts'
import { Failure } from '../failure.ts'
import { detailOf, reasonOf } from '../sentence.ts'
import { fibsOf } from './fibs.ts'
import { changeReasons, changeText } from './text.ts'
import type { RouteCommand } from './types.ts'

/** What `route add`, `delete` and `change` did: JSON of these commands. */
export interface RouteChanged {
  readonly action: 'add' | 'delete' | 'change'
  readonly dst: string
  readonly gateway: string | null
  readonly ifname: string | null
  /** Routing tables that were changed. */
  readonly fibs: readonly number[]
}

/** What came of a change: the report, and what failed in some tables although it worked in others. */
export interface ChangeOutcome {
  readonly changed: RouteChanged
  readonly text: string
  readonly failures: readonly Failure[]
}

/**
 * Adds, deletes or changes one route in each table that the command names.
 * @throws Failure if no table could be changed
 */
export async function changeRoute(route: RouteClient, command: RouteCommand, release: Release): Promise<ChangeOutcome> {
  await checkInterface(route, command.gateway?.ifname)
  await checkInterface(route, command.destination?.address.split('%')[1])
  const request = toRequest(command)
  const done: number[] = []
  const failures: Failure[] = []
  for (const table of await fibsOf(route, command.fibs)) {
    try {
      await send(route, command, { ...request, table }, release)
      done.push(table)
    } catch (error) {
      failures.push(changeFailure(command, table, error))
    }
  }
  if (done.length === 0 && failures[0] !== undefined) throw joined(failures, failures[0])
  const fibs = command.fibs === 'default' ? '' : ` fib ${done.join(',')}`
  const { destination, gateway, verb } = command
  const changed: RouteChanged = {
    action: verb as RouteChanged['action'],
    dst: `${destination?.address}/${destination?.prefixlen}`,
    gateway: gateway?.address ?? null,
    ifname: gateway?.ifname ?? null,
    fibs: done,
  }
  return { changed, text: `${changeText(command)}${fibs}`, failures }
}

/** @throws Failure if there is no such interface */
export async function checkInterface(route: RouteClient, ifname: string | undefined): Promise<void> {
  if (ifname === undefined) return
  const links = await route.link.list()
  if (!links.some(link => link.ifname === ifname)) throw new Failure(`interface '${ifname}' does not exist`)
}

function send(route: RouteClient, { verb }: RouteCommand, request: RouteAdd, release: Release): Promise<void> {
  // A second route to a prefix is refused, as by the routing socket; route(8) of FreeBSD 14 makes it a path.
  if (verb === 'add') return release === 14 ? route.route.append(request) : route.route.add(request)
  if (verb === 'change') return route.route.change(request)
  const { dst, family, gateway, ifname, table } = request
  return route.route.delete({ dst, family, gateway, ifname, table, pinned: true })
}

function toRequest({ destination, gateway, type, flags, mtu, weight, expire, family }: RouteCommand): RouteAdd {
  return {
    dst: `${destination?.address}/${destination?.prefixlen}`, // a link-local one with its zone
    family: destination?.family ?? family,
    gateway: gateway?.address,
    ifname: gateway?.ifname,
    type,
    rtflags:
      (flags.static ? RTF.RTF_STATIC : 0) | (flags.proto1 ? RTF.RTF_PROTO1 : 0) | (flags.proto2 ? RTF.RTF_PROTO2 : 0),
    mtu,
    weight,
    expires: expire === undefined ? undefined : Math.floor(Date.now() / 1000) + expire,
  }
}

/** `add net 10.9.0.0: gateway 10.0.2.2 fib 0: route already in table`, and what route(8) says before it. */
function changeFailure(command: RouteCommand, table: number, error: unknown): Failure {
  if (!(error instanceof NltoolError)) throw error
  const line = `${changeText(command)} fib ${table}: ${changeReasons[error.code] ?? reasonOf(error)}`
  if (error.code === 'EPERM')
    throw new Failure('must be root to alter routing table', { detail: detailOf(error), cause: error })
  const preface = error.code === 'ESRCH' && { preface: 'route has not been found' }
  return new Failure(line, { detail: detailOf(error), spoken: true, cause: error, ...preface })
}

/** Several failures as one. */
function joined(failures: readonly Failure[], first: Failure): Failure {
  if (failures.length === 1) return first
  const { detail, cause } = first
  return new Failure(failures.map(({ message }) => message).join('\n'), { detail, spoken: true, cause })
}
