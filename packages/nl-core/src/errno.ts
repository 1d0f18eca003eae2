export { errnoName, errnoNumber, errnoText } from './errno/convert.ts'
export {
  about,
  type Fault,
  KernelError,
  type KernelErrorParts,
  NetlinkError,
  NltoolError,
  SocketError,
  WireError,
  type WireFault,
} from './errno/errors.ts'
export { type Errno, errnoRows } from './errno/table.ts'
