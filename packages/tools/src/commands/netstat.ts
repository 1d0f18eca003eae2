import { NetlinkCommand } from '../netlink-command.ts'

export default class Netstat extends NetlinkCommand {
  static override summary = 'Show the routing tables, as netstat(1) -r does.'
  static override description = `  -r       the routing tables, the only report there is
  -n       columns wide enough for IPv6, nothing is cut
  -W       nexthop numbers and MTUs too, nothing is cut
  -4, -6   one family; -f inet and -f inet6 are the same
  -F FIB   another routing table`
  static override usage = 'netstat -r [-nW] [-4 | -6 | -f FAMILY] [-F FIB]'
  static override strict = false
  static override examples = [
    { description: 'Both tables, addresses in full.', command: '<%= config.bin %> netstat -rn' },
    { description: 'IPv4 only, with nexthop numbers and MTUs.', command: '<%= config.bin %> netstat -rnW4' },
    { description: 'Another FIB.', command: '<%= config.bin %> netstat -rn -F 1' },
  ]

  async run(): Promise<void> {
    const { netstat } = await import('../programs/netstat.ts')
    await this.execute(netstat)
  }
}
