import type { IfOwner, IfSpec } from '../types.ts'

/** Makes an interface that is not attached yet. @throws NetlinkError ENOSPC if all indices are in use. */
export type Allocator = (spec: IfSpec) => IfOwner
