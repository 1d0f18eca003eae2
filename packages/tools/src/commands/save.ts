import { string } from '@oclif/core/args'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Save extends NetlinkCommand {
  static override summary = 'Write the configuration of the kernel to a file.'
  static override usage = 'save FILE'
  static override description =
    'Interfaces, addresses and routes of all network stacks. The file is replaced whole or not at all.'
  static override examples = [
    { description: 'Keep the configuration.', command: '<%= config.bin %> save before.state' },
    { description: 'Go back to it.', command: '<%= config.bin %> restore before.state' },
  ]
  static override args = { file: string({ ignoreStdin: true, description: 'File to write.', required: true }) }

  async run(): Promise<void> {
    const { args } = await this.parse(Save)
    const { saveTo } = await import('../state/transfer.ts')
    await this.execute(({ session }) => saveTo(session, args.file))
  }
}
