import { string } from '@oclif/core/args'
import { NetlinkCommand } from '../../netlink-command.ts'

export default class VnetDelete extends NetlinkCommand {
  static override summary = 'Remove a network stack.'
  static override usage = 'vnet delete NAME'
  static override description = 'Interfaces that came from elsewhere go home, its own are destroyed.'
  static override examples = [{ description: 'Remove one.', command: '<%= config.bin %> vnet delete lab' }]
  static override args = { name: string({ ignoreStdin: true, description: 'Its name or number.', required: true }) }

  async run(): Promise<void> {
    const { args } = await this.parse(VnetDelete)
    const { deleteVnet } = await import('../../vnet/run.ts')
    await this.show(({ session }) => deleteVnet(session, args.name))
  }
}
