import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, IpFamily } from '@nltool/nl-core/model'
import type { Section } from '../epoch/section.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { Ifnet, InetAddr } from '../types.ts'
import { borrow } from '../view.ts'

/** What a validator judges. Nothing has been changed yet, and nothing may be. */
export interface Candidate {
  readonly ctx: Ctx
  readonly section: Section
  readonly ifp: Ifnet
  readonly address: InetAddr
  /** The entry that it would replace. */
  readonly old: InetAddr | undefined
}

/** May refuse an address by throwing a `NetlinkError`, whose errno and text the requester gets. */
export type AddressValidator = (candidate: Candidate) => void

/** A validator in its place: higher priority first, then in order of registration. */
export interface ValidatorEntry {
  readonly family: IpFamily
  readonly validate: AddressValidator
  readonly priority: number
}

/** Adds a validator; the list is replaced, so that a walk in progress is not disturbed. Returns what removes it. */
export function addValidator(net: NetState, entry: ValidatorEntry): () => void {
  const at = net.validators.findIndex(other => other.priority < entry.priority)
  net.validators = at < 0 ? [...net.validators, entry] : net.validators.toSpliced(at, 0, entry)
  return () => {
    net.validators = net.validators.filter(other => other !== entry)
  }
}

/** The first refusal wins. A validator that fails otherwise refuses too, with EINVAL, and is reported. */
export function runValidators(
  ctx: Ctx,
  net: NetState,
  record: IfRecord,
  address: InetAddr,
  old: InetAddr | undefined,
): void {
  const { world } = record
  if (net.validators.length === 0 || world.quiet) return
  using section = world.epoch.enter(ctx)
  for (const { family, validate } of net.validators) {
    if (family !== address.family) continue
    try {
      validate({ ctx, section, ifp: borrow(record, section), address, old })
    } catch (error) {
      if (error instanceof NetlinkError) throw error
      world.report(`an address validator failed at ${address.address} on ${record.name}`, error)
      throw new NetlinkError('EINVAL', error instanceof Error ? error.message : String(error))
    }
  }
}
