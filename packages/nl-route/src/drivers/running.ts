import { IFF_DRV_RUNNING, IFF_UP, type IfOwner } from '@nltool/ifnet'

/** What SIOCSIFFLAGS means to a driver without hardware: it runs as long as the interface is up. Returns whether it is. */
export function runWhileUp(owner: IfOwner | undefined, flags: number): boolean {
  const up = (flags & IFF_UP) !== 0
  owner?.driverFlags(up ? IFF_DRV_RUNNING : 0, up ? 0 : IFF_DRV_RUNNING)
  return up
}
