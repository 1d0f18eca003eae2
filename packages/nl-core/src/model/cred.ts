/**
 * What a process may be allowed to do, one name per FreeBSD privilege (priv(9)) that netlink checks.
 * Linux knows one capability for all of them, CAP_NET_ADMIN.
 */
export type Privilege =
  | 'net-ifcreate' // PRIV_NET_IFCREATE
  | 'net-ifdestroy' // PRIV_NET_IFDESTROY
  | 'net-addifaddr' // PRIV_NET_ADDIFADDR
  | 'net-delifaddr' // PRIV_NET_DELIFADDR
  | 'net-route' // PRIV_NET_ROUTE
  | 'net-setifmtu' // PRIV_NET_SETIFMTU
  | 'net-setifdescr' // PRIV_NET_SETIFDESCR
  | 'net-setifflags' // PRIV_NET_SETIFFLAGS
  | 'net-setifname' // PRIV_NET_SETIFNAME
  | 'net-setifvnet' // PRIV_NET_SETIFVNET
  | 'net-addifgroup' // PRIV_NET_ADDIFGROUP
  | 'net-admin' // CAP_NET_ADMIN: families that know no finer one

/** Credentials, captured by a socket when it is opened. */
export interface Cred {
  readonly uid: number
  /** `'all'` for the superuser. */
  readonly privileges: 'all' | ReadonlySet<Privilege>
  /** False for a jail without a network stack of its own: it sees part of the host's and joins no group. */
  readonly ownVnet: boolean
}

/** Credentials of the superuser outside any jail. */
export const rootCred: Cred = { uid: 0, privileges: 'all', ownVnet: true }

/** Credentials of a user: uid 0 may do everything, any other uid nothing that needs a privilege. */
export function userCred(uid: number): Cred {
  return uid === 0 ? rootCred : { uid, privileges: new Set(), ownVnet: true }
}

/** Whether credentials hold a privilege. */
export function privileged(cred: Cred, privilege: Privilege): boolean {
  return cred.privileges === 'all' || cred.privileges.has(privilege)
}
