import { string } from '@oclif/core/args'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Batch extends NetlinkCommand {
  static override summary = 'Run many commands at once, all of them or none.'
  static override usage = 'batch [FILE]'
  static override description = `FILE, or standard input, holds a command a line, without nltool before it:
ifconfig, route, netstat or vnet. Words with blanks stand in quotes; # begins
a comment. If a command fails, those behind it are not run and nothing of the
batch has happened.`
  static override examples = [
    { description: 'Set up a lab.', command: '<%= config.bin %> batch lab.conf' },
    {
      description: 'From standard input.',
      command: "printf 'ifconfig epair create\\nifconfig epair0a 192.0.2.1/24\\n' | <%= config.bin %> batch",
    },
  ]
  static override args = {
    file: string({ ignoreStdin: true, description: 'File with commands; standard input if absent.' }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Batch)
    const { runBatch } = await import('../batch/run.ts')
    await this.show(invocation => runBatch(invocation, args.file))
  }
}
