import { NetlinkCommand } from '../netlink-command.ts'

export default class Ifconfig extends NetlinkCommand {
  static override summary = 'Show and configure network interfaces, as ifconfig(8) does.'
  static override description = `The words are FreeBSD's. Without words, all interfaces are shown.

Before the interface:
  -a  all                        -l  names only
  -u  only those that are up     -d  only those that are down
  -m  supported capabilities     -L  lifetimes of addresses
  -g GROUP, -G GROUP             members, others of groups of that pattern
  -C                             what interfaces can be created from
  -f inet:cidr,inet6:cidr        form of masks; inet:dotted too

Behind the interface:
  create, destroy, up, down, name NEW, vnet VNET
  mtu N, metric N, fib N, ether ADDR, description TEXT, -description
  group GROUP, -group GROUP, vlan ID vlandev INTERFACE
  promisc, arp, staticarp, debug, monitor, link0, link1, link2; all with -
  inet ADDR/LEN [PEER] [netmask MASK] [broadcast ADDR] [vhid N]
  inet6 ADDR/LEN [PEER] [prefixlen N] [pltime N] [vltime N] [FLAGS]
  alias, or delete (-alias), behind an address

Without alias, an inet address takes the place of the first one.`
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
