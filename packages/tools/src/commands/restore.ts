import { string } from '@oclif/core/args'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Restore extends NetlinkCommand {
  static override summary = 'Replace the configuration of the kernel by one that save wrote.'
  static override usage = 'restore FILE'
  static override description = 'The file is checked whole first. If it is damaged nothing changes.'
  static override examples = [
    { description: 'Go back to what was saved.', command: '<%= config.bin %> restore before.state' },
  ]
  static override args = { file: string({ ignoreStdin: true, description: 'File to read.', required: true }) }

  async run(): Promise<void> {
    const { args } = await this.parse(Restore)
    const { restoreFrom } = await import('../state/transfer.ts')
    await this.execute(({ session }) => restoreFrom(session, args.file))
  }
}
