import type { FamilyPolicy, Generic, GenericFamily, PolicyAttribute } from '@nltool/nl-genl'
import type { Shown } from '../shown.ts'
import { find } from './look.ts'

/** Policies of a family as JSON: nested policies are named by their index, so that one may contain itself. */
export interface PolicyJson {
  readonly family: string
  /** Index of the policy of each operation, by mode. */
  readonly operations: readonly { readonly id: string; readonly do?: number; readonly dump?: number }[]
  readonly policies: readonly { readonly index: number; readonly attributes: readonly AttributeJson[] }[]
}

/** What a kernel accepts as one attribute. */
export interface AttributeJson extends Omit<PolicyAttribute, 'nested'> {
  readonly nested?: number
}

/** `genl policy`: what a family accepts in requests, of all operations or one. */
export async function showPolicy(genl: Generic, which: string, op: number | undefined): Promise<Shown<PolicyJson>> {
  const family = await find(genl, which)
  const policy = await genl.policy(family.name, op === undefined ? {} : { op })
  return { text: formatPolicy(family, policy), json: policyJson(family, policy) }
}

function policyJson({ name }: GenericFamily, { ops, policies }: FamilyPolicy): PolicyJson {
  return {
    family: name,
    operations: [...ops].map(([cmd, modes]) => ({
      id: `0x${cmd.toString(16)}`,
      ...(modes.do !== undefined && { do: modes.do.index }),
      ...(modes.dump !== undefined && { dump: modes.dump.index }),
    })),
    policies: policies.map(({ index, attributes }) => ({
      index,
      attributes: [...attributes.values()].map(attributeJson),
    })),
  }
}

function attributeJson({ nested, ...rest }: PolicyAttribute): AttributeJson {
  return nested === undefined ? rest : { ...rest, nested: nested.index }
}

/** A line for each operation and each attribute, as `genl ctrl policy` of iproute2 prints them. */
function formatPolicy({ id }: GenericFamily, { ops, policies }: FamilyPolicy): string {
  const head = `\tID: 0x${id.toString(16)}  `
  const operations = [...ops].map(([cmd, modes]) => {
    const parts = (['do', 'dump'] as const).flatMap(mode =>
      modes[mode] === undefined ? [] : [`${mode}=${modes[mode].index}`],
    )
    return `${head}op ${cmd} policies: ${parts.join(' ')}`
  })
  const rows = policies.flatMap(({ index, attributes }) =>
    [...attributes.values()].map(
      attribute => `${head}policy[${index}]:attr[${attribute.number}]: ${wordsOf(attribute)}`,
    ),
  )
  return [...operations, ...rows].join('\n')
}

function wordsOf({ type, min, max, mask, minLength, maxLength, nested }: PolicyAttribute): string {
  const words = [`type=${type}`]
  if (nested !== undefined) words.push(`policy:${nested.index}`, `maxattr:${Math.max(0, ...nested.attributes.keys())}`)
  if (min !== undefined || max !== undefined) words.push(`range:[${min ?? ''},${max ?? ''}]`)
  if (mask !== undefined) words.push(`mask:0x${mask.toString(16)}`)
  if (minLength !== undefined) words.push(`min len:${minLength}`)
  if (maxLength !== undefined) words.push(`max len:${maxLength}`)
  return words.join(' ')
}
