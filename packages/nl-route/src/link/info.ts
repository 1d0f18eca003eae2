import type { Cloner, Ifnet } from '@nltool/ifnet'
import { noVlanId, type VlanParams } from '../drivers/vlan.ts'
import { ETHERTYPE_VLAN } from './constants.ts'
import { vlanBody } from './linkinfo.ts'

/** What a cloner says of an interface, as RTM_NEWLINK shows it. */
export interface ShownInfo {
  /** IFLA_INFO_DATA, in FreeBSD's layout. */
  readonly data: Uint8Array
  /** IFLA_LINK. */
  readonly link: number
}

/** IFLA_INFO_DATA as a cloner of the kind takes it; `undefined` for kinds without parameters, and without any. */
export function paramsOf(kind: string, data: Uint8Array | undefined, parent: number): VlanParams | undefined {
  if (kind !== 'vlan' || data === undefined) return undefined
  const { id = noVlanId, protocol = ETHERTYPE_VLAN } = vlanBody.decode(data, 'freebsd').attrs
  return { id, protocol, parent }
}

/** The inverse of {@link paramsOf} for an interface that is there. */
export function infoOf(cloner: Cloner | undefined, ifp: Ifnet): ShownInfo | undefined {
  if (cloner?.name !== 'vlan') return undefined
  const params = cloner.describe?.(ifp) as VlanParams | undefined
  if (params?.parent === undefined) return undefined
  const { id, protocol, parent } = params
  return { data: vlanBody.encode({ header: {}, attrs: { id, protocol } }, 'freebsd'), link: parent }
}
