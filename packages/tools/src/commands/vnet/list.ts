import { NetlinkCommand } from '../../netlink-command.ts'

export default class VnetList extends NetlinkCommand {
  static override summary = 'List network stacks: number and name.'
  static override usage = 'vnet list'
  static override examples = [{ description: 'All network stacks.', command: '<%= config.bin %> vnet list' }]

  async run(): Promise<void> {
    await this.parse(VnetList)
    const { listVnets } = await import('../../vnet/run.ts')
    await this.show(({ session }) => listVnets(session))
  }
}
