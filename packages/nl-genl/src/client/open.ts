/// <reference lib="esnext.disposable" preserve="true" />
import {
  type Connection,
  connect,
  type Host,
  type Message,
  NETLINK_GENERIC,
  type Transport,
  type WaitOptions,
} from '@nltool/nl-core'
import { about, KernelError, SocketError } from '@nltool/nl-core/errno'
import { CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY } from '../constants.ts'
import type { AnyFamily } from '../family.ts'
import { controllerBody, controllerRequests, ctrlAttrsOf, familyChange, notifyGroup } from './controller.ts'
import { type FamilyInfo, familyInfo } from './family-info.ts'
import { familyPolicy } from './policy.ts'
import { rawFamily } from './raw.ts'
import { createRenewable, type Renewable } from './renewal.ts'
import { typedFamily } from './typed.ts'
import type { FamilyChange, Generic, GenericFamily, GenericOptions, SignalOptions } from './types.ts'

/**
 * Opens a client of generic netlink at a host: a process of an embedded kernel, a served kernel, the host's own Linux.
 * @throws SocketError EPROTONOSUPPORT
 */
export async function openGeneric(host: Host | Transport, options: GenericOptions = {}): Promise<Generic> {
  return createGeneric(await connect(host, NETLINK_GENERIC, options))
}

function createGeneric(connection: Connection): Generic {
  const resolved = new Map<string, Promise<FamilyInfo>>()

  async function find(
    selector: { readonly familyId: number } | { readonly familyName: string },
    options?: WaitOptions,
  ): Promise<FamilyInfo> {
    const which = 'familyId' in selector ? selector.familyId : selector.familyName
    const request = controllerBody(CTRL_CMD_GETFAMILY, selector)
    const answer = await about(
      connection.requestReply(controllerRequests.getFamily, request, options),
      `family ${which}`,
    )
    return familyInfo(ctrlAttrsOf(answer))
  }

  /** Asks once for calls that overlap; a failure is not kept. */
  function infoOf(name: string): Promise<FamilyInfo> {
    const kept = resolved.get(name)
    if (kept !== undefined) return kept
    const asked = find({ familyName: name })
    resolved.set(name, asked)
    asked.catch(() => {
      if (resolved.get(name) === asked) resolved.delete(name)
    })
    return asked
  }

  function renewable(info: FamilyInfo): Renewable {
    return createRenewable(info, () => {
      resolved.delete(info.name)
      return infoOf(info.name)
    })
  }

  const bind = (info: FamilyInfo): GenericFamily => rawFamily(connection, renewable(info))
  const close = (): Promise<void> => connection.close()

  const generic: Generic = {
    connection,
    resolve: async (name, options) => bind(await abortable(infoOf(name), options?.signal)),
    familyById: async (id, options) => bind(await find({ familyId: id }, options)),
    async families(options) {
      const found = await connection
        .dump(controllerRequests.listFamilies, controllerBody(CTRL_CMD_GETFAMILY, {}), options)
        .collect(options)
      return found.map(answer => bind(familyInfo(ctrlAttrsOf(answer))))
    },
    async policy(family, options = {}) {
      const selector = { familyName: family, ...(options.op === undefined ? {} : { op: options.op }) }
      const parts = await connection
        .dump(controllerRequests.getPolicy, controllerBody(CTRL_CMD_GETPOLICY, selector), options)
        .collect(options)
      return familyPolicy(parts.map(ctrlAttrsOf), options.op)
    },
    open: async <F extends AnyFamily>(family: F, options?: SignalOptions) =>
      typedFamily(connection, family, renewable(await abortable(infoOf(family.name), options?.signal))),
    waitForGroup: (family, group, options = {}) => waitForGroup(generic, family, group, options.signal),
    watchFamilies(options = {}) {
      const decode = (message: Message): FamilyChange | undefined => {
        const change = familyChange(message)
        if (change !== undefined) resolved.delete(change.family.name)
        return change
      }
      return connection.subscribe([notifyGroup(connection.abi)], { decode, signal: options.signal })
    },
    forget(name) {
      if (name === undefined) resolved.clear()
      else resolved.delete(name)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  return generic
}

/** Waits for what others wait for too: the signal ends this wait alone. */
async function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

async function waitForGroup(
  generic: Generic,
  family: string,
  group: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  // The announcements first, so that none falls between asking and listening.
  await using changes = generic.watchFamilies(signal === undefined ? {} : { signal })
  await changes.ready
  const now = await groupNow(generic, family, group, signal)
  if (now !== undefined) return now
  for await (const change of changes) {
    if (change.event !== 'resync' && change.family.name !== family) continue
    const found = await groupNow(generic, family, group, signal)
    if (found !== undefined) return found
  }
  throw new SocketError('EBADF', 'the socket was closed')
}

/** The group's number as of now; `undefined` where the family or the group is missing. */
async function groupNow(
  generic: Generic,
  family: string,
  group: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  generic.forget(family)
  try {
    const { groups } = await generic.resolve(family, { signal })
    return groups.find(({ name }) => name === group)?.id
  } catch (error) {
    if (error instanceof KernelError && error.code === 'ENOENT') return undefined
    throw error
  }
}
