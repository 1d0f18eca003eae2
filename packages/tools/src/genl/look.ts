import { NltoolError } from '@nltool/nl-core/errno'
import type { FamilyInfo, Generic, GenericFamily } from '@nltool/nl-genl'
import { Failure } from '../failure.ts'
import { detailOf } from '../sentence.ts'
import type { Shown } from '../shown.ts'
import type { FamilyFormat } from './formats.ts'
import { type FamilyJson, familyJson, formatFamily } from './text.ts'

/** `genl list`: every family. */
export async function listFamilies(genl: Generic, format: FamilyFormat): Promise<Shown<FamilyJson[]>> {
  const families = await genl.families()
  return { text: families.map(formatFamily[format]).join(''), json: families.map(familyJson) }
}

/** `genl get`: one family, by name or by number. @throws Failure for one that is not there */
export async function getFamily(genl: Generic, which: string, format: FamilyFormat): Promise<Shown<FamilyJson>> {
  const family: FamilyInfo = await find(genl, which)
  return { text: formatFamily[format](family), json: familyJson(family) }
}

/** Looks a family up. @throws Failure */
export async function find(genl: Generic, which: string): Promise<GenericFamily> {
  const number = /^(0x[\da-f]+|\d+)$/i.test(which) ? Number(which) : undefined
  if (number !== undefined && number > 0xffff) throw new Failure(absent(which)) // no message has room for it
  try {
    return number === undefined ? await genl.resolve(which) : await genl.familyById(number)
  } catch (error) {
    if (!(error instanceof NltoolError) || error.code !== 'ENOENT') throw error
    throw new Failure(absent(which), { detail: detailOf(error), cause: error })
  }
}

function absent(which: string): string {
  return `there is no generic netlink family ${which}`
}
