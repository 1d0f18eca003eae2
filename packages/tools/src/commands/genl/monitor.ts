import { string } from '@oclif/core/args'
import { noServedKernel } from '../../host.ts'
import { NetlinkCommand } from '../../netlink-command.ts'

export default class GenlMonitor extends NetlinkCommand {
  static override summary = 'Print what a family of generic netlink announces.'
  static override usage = 'genl monitor FAMILY [GROUP]'
  static override description =
    'It needs a kernel that keeps running, which nltool serve will start; in this version it says so and ends.'
  static override examples = [
    { description: 'Families that come and go.', command: '<%= config.bin %> genl monitor nlctrl' },
  ]
  static override args = {
    family: string({ ignoreStdin: true, description: 'Name of the family.', required: true }),
    group: string({ ignoreStdin: true, description: 'Group of the family; all of them if absent.' }),
  }

  async run(): Promise<void> {
    await this.parse(GenlMonitor)
    await this.execute(() => Promise.reject(noServedKernel('genl monitor')))
  }
}
