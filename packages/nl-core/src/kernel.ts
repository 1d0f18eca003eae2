/// <reference lib="esnext.disposable" preserve="true" />
export type { FaultRule, Faults, InjectedFault } from './kernel/debug/faults.ts'
export type { Tap, TappedDatagram } from './kernel/debug/tap.ts'
export {
  type AnyHandler,
  type Dump,
  type Handler,
  type HandlerSpec,
  type Handlers,
  handler,
  type Request,
} from './kernel/handler.ts'
export {
  createNetlink,
  type Netlink,
  type NetlinkOptions,
  type NetlinkStats,
  type OpenOptions,
  type SocketInfo,
} from './kernel/netlink.ts'
export { freebsdSockets, linuxSockets, type SocketPersonality } from './kernel/personality.ts'
export type { GroupMember, Multicast, Notification, Protocol, RawRequest } from './kernel/protocol.ts'
export { required } from './kernel/required.ts'
export type {
  ControlMessage,
  NetlinkSocket,
  OptionValue,
  PollState,
  RecvOptions,
  RecvResult,
  SendOptions,
  Taken,
} from './kernel/socket/netlink-socket.ts'
export { decodeSockaddr, encodeSockaddr, type SockaddrNl, sockaddrNlSize } from './kernel/socket/sockaddr.ts'
export { createSysctls, type NetlinkSysctls, type SysctlName, type SysctlValues, sysctlRows } from './kernel/sysctl.ts'
export { socketTransport } from './kernel/transport.ts'
