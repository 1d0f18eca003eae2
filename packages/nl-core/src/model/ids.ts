declare const brand: unique symbol

/** A number or string that only its owner makes: `Brand<number, 'VnetId'>`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A network stack instance, counted from 0; 0 is the initial one (vnet(9)). */
export type VnetId = Brand<number, 'VnetId'>

/** A netlink port: 0 is the kernel, or a socket that is not bound (netlink(7)). */
export type PortId = Brand<number, 'PortId'>

/** The initial network stack. */
export const vnet0 = 0 as VnetId
/** The port of the kernel. */
export const kernelPort = 0 as PortId
