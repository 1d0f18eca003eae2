import { attributeSet, nulString } from '@nltool/nl-core/wire'
import { defineFamily, type GroupDefinitions } from '../family.ts'

/** NLSE_ATTR_*, FreeBSD sys/netlink/netlink_sysevent.h. */
export const sysEventAttrs = attributeSet({
  NLSE_ATTR_SYSTEM: [1, 'system', nulString()],
  NLSE_ATTR_SUBSYSTEM: [2, 'subsystem', nulString()],
  NLSE_ATTR_TYPE: [3, 'type', nulString()],
  NLSE_ATTR_DATA: [4, 'data', nulString()], // absent when the event has none
})

/** Systems that have a group from the beginning, in the order of their numbers. */
const systems = [
  'ACPI',
  'AEON',
  'CAM',
  'CARP',
  'coretemp',
  'DEVFS',
  'device',
  'ETHERNET',
  'GEOM',
  'HYPERV_NIC_VF',
  'IFNET',
  'INFINIBAND',
  'KERNEL',
  'nvme',
  'PMU',
  'RCTL',
  'USB',
  'VFS',
  'VT',
  'ZFS',
]

const groups: GroupDefinitions = Object.fromEntries(systems.map(system => [system, {}]))

/** nlsysevent(4): events of the kernel, as devctl(4) reports them; a group for each system that sends any. No commands. */
export const nlsysevent = defineFamily({
  name: 'nlsysevent',
  version: 2,
  maxattr: 4,
  netns: true,
  groups,
  sets: { event: sysEventAttrs },
  ops: {
    newevent: { cmd: 1, set: 'event', event: ['system', 'subsystem', 'type', 'data'], version: 0 }, // NLSE_CMD_NEWEVENT
  },
})
