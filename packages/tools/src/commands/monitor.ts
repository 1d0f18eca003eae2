import { string } from '@oclif/core/args'
import { noServedKernel } from '../host.ts'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Monitor extends NetlinkCommand {
  static override summary = 'Print changes of interfaces, addresses and routes as they happen.'
  static override usage = 'monitor [GROUP...]'
  static override description = `It needs a kernel that keeps running, which nltool serve will start; in this
version it says so and ends. The state that commands keep between them
changes only while one of them runs: --events prints what that one causes.

Groups: link, neigh, ipv4-addr, ipv6-addr, ipv4-route, ipv6-route, nexthop.
Default: link, addresses and routes.`
  static override examples = [
    { description: 'Everything about routes.', command: '<%= config.bin %> monitor ipv4-route ipv6-route' },
  ]
  static override strict = false
  static override args = {
    group: string({ ignoreStdin: true, description: 'Multicast group to listen to; any number of them.' }),
  }

  async run(): Promise<void> {
    await this.parse(Monitor)
    await this.execute(() => Promise.reject(noServedKernel('monitor')))
  }
}
