import type { Ifnet, SavedInterface, Section } from '@nltool/ifnet'
import { type SysctlName, sysctlRows } from '@nltool/nl-core/kernel'
import type { LinkBody } from '@nltool/nl-route'
import type { KernelCore } from '../core.ts'
import { encodeState } from './encode.ts'

/** The configuration of a kernel as the bytes of a state file. @throws NetlinkError EOPNOTSUPP for what cannot be made again */
export function saveState(core: KernelCore): Uint8Array {
  const { registry, netlink, vnets } = core
  using section = registry.epoch.enter(core.context('save'))
  const names = Object.keys(sysctlRows) as SysctlName[]
  return encodeState({
    personality: core.personality.name,
    fibs: core.fibs,
    addAddrAllFibs: core.addAddrAllFibs,
    bootAt: core.bootAt,
    sysctls: names.flatMap(name => {
      const value = netlink.sysctl.get(name)
      return value === sysctlRows[name].value ? [] : [{ name, value }]
    }),
    vnets: vnets.list().map(({ id, name, route }) => ({ id, name, rib: route.rib })),
    registry: registry.save(),
    section,
    linkBody,
    interfaceAt,
  })

  function linkBody(ifp: Ifnet): LinkBody {
    const vnet = vnets.get(ifp.vnet)
    if (vnet === undefined) throw new TypeError(`${ifp.name} is in no network stack`)
    return vnet.route.linkBody(ifp, 0)
  }

  function interfaceAt(open: Section, { vnet, index, name }: SavedInterface): Ifnet {
    const ifp = registry.net(vnet)?.interfaces.byIndexAttached(open, index)
    if (ifp === undefined) throw new TypeError(`${name} is not where the registry has it`)
    return ifp
  }
}
