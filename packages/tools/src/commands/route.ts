import { NetlinkCommand } from '../netlink-command.ts'

export default class Route extends NetlinkCommand {
  static override summary = 'Show and change the routing tables, as route(8) does.'
  static override description = `The words are FreeBSD's. COMMAND is one of
  add, change, delete (del)  DESTINATION GATEWAY [NETMASK]
  get                        DESTINATION: where packets to it go
  show                       the same; without DESTINATION the table
  flush                      delete all routes that have a gateway
  monitor                    print changes; needs a served kernel

DESTINATION is default, an address, or a prefix such as 192.0.2.0/24. Words of
iproute2 work too: DESTINATION via GATEWAY dev INTERFACE.

Before COMMAND: -4, -6 family, -n numbers only, -q quiet, -d or -t send nothing.

Modifiers:
  -net, -host, -inet, -inet6, -netmask MASK, -prefixlen N
  -interface (the gateway is an interface), -ifp INTERFACE
  -blackhole, -reject, -static, -nostatic, -proto1, -proto2
  -mtu N, -weight N, -expire SECONDS, -fib N[,N-M] or all

A second route to the same destination is refused.`
  static override usage = 'route [-46dnqtv] COMMAND [DESTINATION] [GATEWAY] [MODIFIERS]'
  static override strict = false
  static override examples = [
    {
      description: 'Add a route, and look up an address that it covers.',
      command: '<%= config.bin %> route add 203.0.113.0/24 192.0.2.2',
    },
    {
      description: 'The same in the words of iproute2.',
      command: '<%= config.bin %> route add 203.0.113.0/24 via 192.0.2.2 dev epair0a',
    },
    { description: 'Where do packets to an address go?', command: '<%= config.bin %> route get 203.0.113.9' },
    { description: 'List the table.', command: '<%= config.bin %> route show' },
    {
      description: 'Discard what goes to a prefix.',
      command: '<%= config.bin %> route add -blackhole 198.51.100.0/24',
    },
    { description: 'Delete all routes that have a gateway.', command: '<%= config.bin %> route flush' },
  ]

  async run(): Promise<void> {
    const { route } = await import('../programs/route.ts')
    await this.execute(route)
  }
}
