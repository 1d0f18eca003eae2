import { NetlinkCommand } from '../netlink-command.ts'

export default class Route extends NetlinkCommand {
  static override summary = 'Show and change the routing tables, as route(8) does.'
  static override description = `The words are FreeBSD's: [-46dnqtv] COMMAND [[modifiers] args].

COMMAND is add, delete (del), change, get, show, flush or monitor. show without a destination lists the table.
DESTINATION is default, an address, or a prefix such as 192.0.2.0/24. Instead of the gateway as second word,
"via GATEWAY" and "dev INTERFACE" of ip-route(8) work as well.

Modifiers: -net -host -inet -inet6 -netmask MASK -prefixlen N -interface -ifp IF -static -nostatic -reject -blackhole
-proto1 -proto2 -mtu N -weight N -expire SECONDS -fib N[,N-M]|all.

A second route to the same destination is refused. Exit code 1: the kernel refused; 2: the words are wrong.`
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
