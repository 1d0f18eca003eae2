import { string } from '@oclif/core/args'
import { NetlinkCommand } from '../../netlink-command.ts'

export default class VnetCreate extends NetlinkCommand {
  static override summary = 'Make a network stack, as a vnet jail has one.'
  static override usage = 'vnet create [NAME]'
  static override description = 'It has a loopback interface and routing tables of its own. Prints its name.'
  static override examples = [
    { description: 'Make one.', command: '<%= config.bin %> vnet create lab' },
    { description: 'Move an interface into it.', command: '<%= config.bin %> ifconfig epair0b vnet lab' },
    { description: 'Look at it from inside.', command: '<%= config.bin %> --vnet lab ifconfig' },
  ]
  static override args = {
    name: string({ ignoreStdin: true, description: 'Its name; the kernel chooses one if absent.' }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(VnetCreate)
    const { createVnet } = await import('../../vnet/run.ts')
    await this.show(({ session }) => createVnet(session, args.name))
  }
}
