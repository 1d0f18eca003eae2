import { errnoName } from '../errno/convert.ts'
import { KernelError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import { attributePathAt, missingPathAt } from '../wire/path.ts'
import { encodeRequest } from './encoder.ts'
import type { Command } from './operation.ts'
import type { Outcome } from './outcome.ts'
import { policyInWords } from './policy.ts'

/** The request that was refused. */
export interface Refused {
  readonly command: Command<unknown>
  /** The request with its header, if it can still be told: a kernel may quote no more than its header (NETLINK_CAP_ACK). */
  readonly bytes: () => Uint8Array | undefined
  readonly seq: number
  /** Among the requests of a batch. */
  readonly index?: number
}

/** The error for a refusal. */
export function kernelError({ errno, quoted, extAck }: Outcome, abi: Abi, refused: Refused): KernelError {
  const { command, seq, index } = refused
  const { msg, offs, cookie, policy, missType, missNest } = extAck
  const request = offs === undefined && missType === undefined ? undefined : (quoted ?? refused.bytes())
  return new KernelError({
    code: errnoName(errno, abi) ?? 'EINVAL',
    errno,
    text: msg,
    offset: offs,
    attr: request && offs !== undefined ? attributePathAt(request, command.body, offs, abi) : undefined,
    missing:
      request && missType !== undefined ? missingPathAt(request, command.body, missType, missNest, abi) : undefined,
    policy: policy && policyInWords(policy),
    index,
    seq,
    request: command.name,
    cookie,
  })
}

/** A request as it was sent, unless the caller has changed the value since. */
export function encodeAgain<Q>(abi: Abi, command: Command<Q>, value: Q): Uint8Array | undefined {
  try {
    return encodeRequest(abi, command, value)
  } catch {
    return undefined
  }
}
