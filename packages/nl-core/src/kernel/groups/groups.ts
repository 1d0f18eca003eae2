import type { VnetId } from '../../model/ids.ts'
import type { Sock } from '../socket/sock.ts'

/** Who has joined what. Groups are numbered by the model. */
export interface GroupTable {
  /** Members of a group in a network stack, oldest socket first. */
  members(vnet: VnetId, protocol: number, group: number): readonly Sock[]
  /** Sockets with NETLINK_LISTEN_ALL_NSID, oldest first. */
  readonly everywhere: readonly Sock[]
  join(sock: Sock, group: number): void
  leave(sock: Sock, group: number): void
  leaveAll(sock: Sock): void
  listenEverywhere(sock: Sock, on: boolean): void
  drop(protocol: number, group: number): void
}

/** One key for (vnet, protocol, group): protocols are below 32, groups below 65536. */
function keyOf(vnet: number, protocol: number, group: number): number {
  return (vnet * 32 + protocol) * 65536 + group
}

function insert(list: Sock[], sock: Sock): void {
  let at = list.length
  while (at > 0 && (list[at - 1] as Sock).id > sock.id) at -= 1
  list.splice(at, 0, sock)
}

function remove(list: Sock[], sock: Sock): void {
  const at = list.indexOf(sock)
  if (at >= 0) list.splice(at, 1)
}

const nobody: readonly Sock[] = []

/** Makes an empty table. */
export function createGroupTable(): GroupTable {
  const table = new Map<number, Sock[]>()
  const everywhere: Sock[] = []

  function leave(sock: Sock, group: number): void {
    if (!sock.groups.delete(group)) return
    const key = keyOf(sock.vnet, sock.protocol, group)
    const list = table.get(key)
    if (list === undefined) return
    remove(list, sock)
    if (list.length === 0) table.delete(key)
  }

  return {
    everywhere,
    members: (vnet, protocol, group) => table.get(keyOf(vnet, protocol, group)) ?? nobody,
    join(sock, group) {
      if (sock.groups.has(group)) return
      sock.groups.add(group)
      const key = keyOf(sock.vnet, sock.protocol, group)
      const list = table.get(key)
      if (list === undefined) table.set(key, [sock])
      else insert(list, sock)
    },
    leave,
    leaveAll(sock) {
      for (const group of [...sock.groups]) leave(sock, group)
      remove(everywhere, sock)
    },
    listenEverywhere(sock, on) {
      remove(everywhere, sock)
      if (on) insert(everywhere, sock)
    },
    drop(protocol, group) {
      for (const list of [...table.values()]) {
        for (const sock of [...list]) if (sock.protocol === protocol) leave(sock, group)
      }
    },
  }
}
