import type { Errno } from '../../errno/table.ts'
import type { VnetId } from '../../model/ids.ts'
import type { Random } from '../../model/time.ts'

/** What every fault rule may say about when it strikes. What is absent matches anything. */
interface FaultFilter {
  /** NETLINK_*. */
  readonly protocol?: number | undefined
  /** Port of the socket that is hit. */
  readonly portid?: number | undefined
  /** Process id of the socket's owner. */
  readonly pid?: number | undefined
  readonly vnet?: VnetId | undefined
  /** How many matches pass unharmed first, default 0. */
  readonly skip?: number | undefined
  /** How many matches are hit then, default 1; `Infinity` for all. */
  readonly times?: number | undefined
  /** Probability of each hit, by the kernel's random source, default 1. */
  readonly probability?: number | undefined
}

/**
 * What goes wrong, on demand: the errors that a real kernel gives rarely and at bad moments.
 *
 * - `send`, `recv`: the system call fails with `code`; nothing is sent or taken. ENOBUFS, EINTR, EAGAIN, ENOMEM …
 * - `request`: the request of `type` is answered with `code` and `text`, its handler does not run.
 * - `delay`: the request of `type` is served only after `ms` of the kernel's clock.
 * - `notification`: one member of `group` loses the message, as with a full buffer: its next `recv` says ENOBUFS.
 * - `dump`: the next message of a dump of `type` says NLM_F_DUMP_INTR, as if the set had changed.
 */
export type FaultRule = FaultFilter &
  (
    | { readonly at: 'send' | 'recv'; readonly code: Errno }
    | {
        readonly at: 'request'
        readonly code: Errno
        readonly text?: string | undefined
        readonly type?: number | undefined
      }
    | { readonly at: 'delay'; readonly ms: number; readonly type?: number | undefined }
    | { readonly at: 'notification'; readonly group?: number | undefined; readonly type?: number | undefined }
    | { readonly at: 'dump'; readonly type?: number | undefined }
  )

/** A rule at work. */
export interface InjectedFault extends Disposable {
  readonly rule: FaultRule
  /** How often it has struck. */
  readonly hits: number
  /** Takes the rule back. A second call does nothing. */
  remove(): void
}

/** Faults on demand. Rules are tried in the order of injection; the first that strikes counts. */
export interface Faults {
  /** @throws RangeError for a negative count or time, or a probability outside 0..1 */
  inject(rule: FaultRule): InjectedFault
  /** Rules that may still strike. */
  list(): readonly InjectedFault[]
  clear(): void
}

/** What a fault may strike: the socket, and what it is about to do. */
export interface FaultTarget {
  readonly protocol: number
  readonly port: number
  readonly pid: number
  readonly vnet: VnetId
}

type RuleAt<At extends FaultRule['at']> = Extract<FaultRule, { readonly at: At }>

/** The side that the sockets ask. */
export interface FaultTable extends Faults {
  /** Whether any rule is there: looked at first, so that a kernel without faults pays nothing. */
  readonly armed: boolean
  /** The rule that strikes now, counted as a hit. `type` is a message type, `group` a multicast group of the model. */
  strike<At extends FaultRule['at']>(at: At, target: FaultTarget, type?: number, group?: number): RuleAt<At> | undefined
}

interface ArmedRule {
  readonly fault: InjectedFault
  readonly rule: FaultRule
  skip: number
  left: number
  hits: number
}

/** Makes a table without rules. */
export function createFaults(random: Random): FaultTable {
  const armed: ArmedRule[] = []

  function arm(rule: FaultRule): InjectedFault {
    check(rule)
    const entry: ArmedRule = {
      rule,
      skip: rule.skip ?? 0,
      left: rule.times ?? 1,
      hits: 0,
      fault: faultOf(() => entry, armed),
    }
    armed.push(entry)
    return entry.fault
  }

  function hit(entry: ArmedRule): boolean {
    if (entry.skip > 0) {
      entry.skip -= 1
      return false
    }
    const { probability = 1 } = entry.rule
    if (probability < 1 && random.u32() >= probability * 2 ** 32) return false
    entry.hits += 1
    entry.left -= 1
    if (entry.left <= 0) armed.splice(armed.indexOf(entry), 1)
    return true
  }

  return {
    get armed() {
      return armed.length > 0
    },
    inject: arm,
    list: () => armed.map(({ fault }) => fault),
    clear() {
      armed.length = 0
    },
    strike<At extends FaultRule['at']>(at: At, target: FaultTarget, type?: number, group?: number) {
      const found = armed.find(entry => matches(entry.rule, at, target, type, group) && hit(entry))
      return found?.rule as RuleAt<At> | undefined
    },
  }
}

function faultOf(entry: () => ArmedRule, armed: ArmedRule[]): InjectedFault {
  const remove = (): void => {
    const at = armed.indexOf(entry())
    if (at >= 0) armed.splice(at, 1)
  }
  return {
    get rule() {
      return entry().rule
    },
    get hits() {
      return entry().hits
    },
    remove,
    [Symbol.dispose]: remove,
  }
}

function check({ skip = 0, times = 1, probability = 1, ...rule }: FaultRule): void {
  if (skip < 0 || times < 0) throw new RangeError(`a fault that strikes ${times} times after ${skip}`)
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`a probability of ${probability}`)
  if (rule.at === 'delay' && !(rule.ms >= 0)) throw new RangeError(`a delay of ${rule.ms} ms`)
}

function matches(
  rule: FaultRule,
  at: FaultRule['at'],
  target: FaultTarget,
  type: number | undefined,
  group: number | undefined,
): boolean {
  return (
    rule.at === at &&
    (rule.protocol ?? target.protocol) === target.protocol &&
    (rule.portid ?? target.port) === target.port &&
    (rule.pid ?? target.pid) === target.pid &&
    (rule.vnet ?? target.vnet) === target.vnet &&
    (!('type' in rule) || (rule.type ?? type) === type) &&
    (!('group' in rule) || (rule.group ?? group) === group)
  )
}
