/** A step of the tour: what it is about, and the command that shows it. */
export interface Step {
  readonly says: string
  /** Words behind `nltool`. */
  readonly command: string
}

/** A short session on an embedded kernel that starts empty. Addresses are documentation's (RFC 5737). */
export const steps: readonly Step[] = [
  {
    says: 'The kernel starts with a loopback interface. Create two more, joined by a cable:',
    command: 'ifconfig epair create',
  },
  { says: 'Give one end an address; that brings it up.', command: 'ifconfig epair0a inet 192.0.2.1/24' },
  { says: 'Bring the other end up too, and look at the first:', command: 'ifconfig epair0b up' },
  { says: '', command: 'ifconfig epair0a inet' },
  {
    says: 'Add a route, and watch the netlink messages that do it:',
    command: '--trace route add 203.0.113.0/24 192.0.2.2',
  },
  { says: 'The words of iproute2 work too:', command: 'route add 198.51.100.0/24 via 192.0.2.3 dev epair0a' },
  { says: 'Which way do packets to an address go?', command: 'route get 203.0.113.9' },
  { says: 'The whole table:', command: 'netstat -rn4' },
  {
    says: "A wrong request is refused, with the reason in the kernel's own words; nothing changes.",
    command: 'route add 10.0.0.0/8 192.0.2.2 -fib 7',
  },
  { says: 'Delete them again. Every command has --json:', command: 'route delete 203.0.113.0/24' },
  { says: '', command: 'route delete 198.51.100.0/24 --json' },
]
