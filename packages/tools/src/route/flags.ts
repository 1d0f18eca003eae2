import { RTF } from '@nltool/nl-route'
import type { BitNames } from '../flag-names.ts'

/** RTF_* as route(8) names them. */
export const routeFlagNames: BitNames = [
  [RTF.RTF_UP, 'UP'],
  [RTF.RTF_GATEWAY, 'GATEWAY'],
  [RTF.RTF_HOST, 'HOST'],
  [RTF.RTF_REJECT, 'REJECT'],
  [RTF.RTF_DYNAMIC, 'DYNAMIC'],
  [RTF.RTF_MODIFIED, 'MODIFIED'],
  [RTF.RTF_DONE, 'DONE'],
  [RTF.RTF_XRESOLVE, 'XRESOLVE'],
  [RTF.RTF_LLDATA, 'LLINFO'],
  [RTF.RTF_STATIC, 'STATIC'],
  [RTF.RTF_BLACKHOLE, 'BLACKHOLE'],
  [RTF.RTF_PROTO2, 'PROTO2'],
  [RTF.RTF_PROTO1, 'PROTO1'],
  [RTF.RTF_PROTO3, 'PROTO3'],
  [RTF.RTF_FIXEDMTU, 'FIXEDMTU'],
  [RTF.RTF_PINNED, 'PINNED'],
  [RTF.RTF_LOCAL, 'LOCAL'],
  [RTF.RTF_BROADCAST, 'BROADCAST'],
  [RTF.RTF_MULTICAST, 'MULTICAST'],
  [RTF.RTF_STICKY, 'STICKY'],
]

/** RTF_* as netstat(1) marks them, in its order. */
export const routeFlagLetters: BitNames = [
  [RTF.RTF_UP, 'U'],
  [RTF.RTF_GATEWAY, 'G'],
  [RTF.RTF_HOST, 'H'],
  [RTF.RTF_REJECT, 'R'],
  [RTF.RTF_DYNAMIC, 'D'],
  [RTF.RTF_MODIFIED, 'M'],
  [RTF.RTF_DONE, 'd'],
  [RTF.RTF_XRESOLVE, 'X'],
  [RTF.RTF_STATIC, 'S'],
  [RTF.RTF_PROTO1, '1'],
  [RTF.RTF_PROTO2, '2'],
  [RTF.RTF_PROTO3, '3'],
  [RTF.RTF_BLACKHOLE, 'B'],
  [RTF.RTF_BROADCAST, 'b'],
  [RTF.RTF_LLDATA, 'L'],
]
