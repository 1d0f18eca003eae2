import type { AbiHooks } from '@nltool/nl-core/wire'
import { nameFromLinux, nameToLinux } from '../link/names.ts'
import { IFA_F, INFINITE_LIFETIME } from './constants.ts'
import type { AddrBody } from './schema.ts'

const forever = { prefered: INFINITE_LIFETIME, valid: INFINITE_LIFETIME, cstamp: 0, tstamp: 0 } as const

/** What a Linux program means by an `ifaddrmsg` and IFA_*, and what it expects to read. */
export const addrHooks: AbiHooks<AddrBody> = {
  fromAbi({ header, attrs }) {
    return {
      header,
      attrs: {
        ...attrs,
        label: attrs.label === undefined ? undefined : nameFromLinux(attrs.label),
        flags: attrs.flags ?? (header.flags === 0 ? undefined : header.flags),
      },
    }
  },
  toAbi({ header, attrs }) {
    const label = attrs.label === undefined ? undefined : nameToLinux(attrs.label)
    // A kernel's answer has a label; a program's request gets nothing added.
    if (label === undefined) return { header: { ...header, flags: (attrs.flags ?? 0) & 0xff }, attrs }
    const cacheinfo = attrs.cacheinfo ?? forever
    const lasting = cacheinfo.valid === INFINITE_LIFETIME ? IFA_F.IFA_F_PERMANENT : 0
    const flags = (attrs.flags ?? 0) | lasting
    return { header: { ...header, flags: flags & 0xff }, attrs: { ...attrs, label, flags, cacheinfo } }
  },
}
