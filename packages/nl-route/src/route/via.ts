import { NetlinkError } from '@nltool/nl-core/errno'
import type { Abi, IpAddress } from '@nltool/nl-core/model'
import { IpAddress as Ip } from '@nltool/nl-core/model'
import { custom } from '@nltool/nl-core/wire'

const family4 = 2
const family6 = { freebsd: 28, linux: 10 } as const
const sizeOfFamily = { freebsd: 1, linux: 2 } as const

/** `struct rtvia`: a gateway of the other family. Its family has one byte natively and two in the Linux ABI. */
export const via = custom<IpAddress>('rtvia', {
  decode(bytes, abi) {
    const at = sizeOfFamily[abi]
    if (bytes.length < at + 4) throw new NetlinkError('EINVAL', `undersized RTA_VIA(18) attr: len ${bytes.length}`)
    const family = (bytes[0] ?? 0) | (abi === 'linux' ? (bytes[1] ?? 0) << 8 : 0)
    const size = addressSize(family, abi)
    if (size === undefined) throw new NetlinkError('EOPNOTSUPP', `unknown RTA_VIA family: ${family}`)
    if (bytes.length < at + size) throw new NetlinkError('EINVAL', `undersized RTA_VIA(18) attr: len ${bytes.length}`)
    return Ip.fromBytes(bytes.subarray(at, at + size))
  },
  encode(address, abi) {
    const at = sizeOfFamily[abi]
    const bytes = new Uint8Array(at + address.size)
    bytes[0] = address.size === 4 ? family4 : family6[abi]
    address.writeTo(bytes, at)
    return bytes
  },
})

function addressSize(family: number, abi: Abi): 4 | 16 | undefined {
  if (family === family4) return 4
  return family === family6[abi] ? 16 : undefined
}
