import { NetlinkCommand } from '../netlink-command.ts'

export default class Ifconfig extends NetlinkCommand {
  static override summary = 'Show and configure network interfaces, as ifconfig(8) does.'
  static override description = `The words are FreeBSD's. Without words, all interfaces are shown.

Options: -a all, -l names only, -u up only, -d down only, -m capabilities, -L lifetimes, -g GROUP and -G GROUP
members and others of groups that match a pattern, -C what can be created, -f inet:cidr,inet6:cidr forms of masks.

Words behind INTERFACE: create, destroy, up, down, mtu N, metric N, fib N, name NEW, description TEXT, -description,
group G, -group G, vnet N, ether ADDR, promisc, arp, debug, monitor, link0 (and with - in front);
inet ADDR/LEN [PEER] [netmask MASK] [broadcast ADDR] [alias | -alias | delete];
inet6 ADDR/LEN [prefixlen N] [anycast] [pltime N] [vltime N] [alias | -alias | delete].

Without alias, an inet address takes the place of the first one. Exit code 1: the kernel refused; 2: the words are wrong.`
  static override usage = 'ifconfig [-adlumLC] [-g GROUP] [-f FORMAT] [INTERFACE] [WORDS]'
  static override strict = false
  static override examples = [
    { description: 'Show all interfaces.', command: '<%= config.bin %> ifconfig' },
    {
      description: 'Create a pair of connected interfaces, epair0a and epair0b.',
      command: '<%= config.bin %> ifconfig epair create',
    },
    {
      description: 'Give one end an address; that brings it up.',
      command: '<%= config.bin %> ifconfig epair0a inet 192.0.2.1/24',
    },
    { description: 'Remove the address.', command: '<%= config.bin %> ifconfig epair0a inet 192.0.2.1 delete' },
    { description: 'Names of all interfaces that are up.', command: '<%= config.bin %> ifconfig -lu' },
  ]

  async run(): Promise<void> {
    const { ifconfig } = await import('../programs/ifconfig.ts')
    await this.execute(ifconfig)
  }
}
