import type { AbiHooks } from '@nltool/nl-core/wire'
import { NTF, NUD } from './constants.ts'
import type { NeighBody } from './schema.ts'

const lasting = NUD.NUD_PERMANENT | NUD.NUD_NOARP

/** A lasting entry is a state for Linux and a flag for FreeBSD. */
export const neighHooks: AbiHooks<NeighBody> = {
  fromAbi(body) {
    const { header } = body
    if ((header.state & lasting) === 0) return body
    return { ...body, header: { ...header, flags: header.flags | NTF.NTF_STICKY } }
  },
  toAbi(body) {
    const { header } = body
    if ((header.flags & NTF.NTF_STICKY) === 0) return body
    const state = header.state | NUD.NUD_PERMANENT
    return { ...body, header: { ...header, state, flags: header.flags & ~NTF.NTF_STICKY } }
  },
}
