import { NetlinkError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import { custom, familyFromAbi, familyToAbi } from '@nltool/nl-core/wire'
import { AF_INET, AF_INET6 } from './constants.ts'

/** Bytes of the family in front of the address. */
const sizeOfFamily = { freebsd: 1, linux: 2 } as const

/** `struct rtvia`: a gateway of the other family. Its family has one byte natively and two in the Linux ABI. */
export const via = custom<IpAddress>('rtvia', {
  decode(bytes, abi) {
    const at = sizeOfFamily[abi]
    if (bytes.length < at + 4) throw new NetlinkError('EINVAL', `undersized RTA_VIA(18) attr: len ${bytes.length}`)
    const family = (bytes[0] ?? 0) | (abi === 'linux' ? (bytes[1] ?? 0) << 8 : 0)
    const size = addressSize(familyFromAbi(family, abi))
    if (size === undefined) throw new NetlinkError('EOPNOTSUPP', `unknown RTA_VIA family: ${family}`)
    if (bytes.length < at + size) throw new NetlinkError('EINVAL', `undersized RTA_VIA(18) attr: len ${bytes.length}`)
    return IpAddress.fromBytes(bytes.subarray(at, at + size))
  },
  encode(address, abi) {
    const at = sizeOfFamily[abi]
    const bytes = new Uint8Array(at + address.size)
    bytes[0] = familyToAbi(address.size === 4 ? AF_INET : AF_INET6, abi) ?? 0
    address.writeTo(bytes, at)
    return bytes
  },
})

function addressSize(family: number): 4 | 16 | undefined {
  if (family === AF_INET) return 4
  return family === AF_INET6 ? 16 : undefined
}
