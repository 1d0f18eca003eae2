import { string } from '@oclif/core/args'
import { string as text } from '@oclif/core/flags'
import { readGeneric } from '../../clients.ts'
import { NetlinkCommand } from '../../netlink-command.ts'
import { parseNumber } from '../../number.ts'

export default class GenlPolicy extends NetlinkCommand {
  static override summary = 'Show what a family of generic netlink accepts in requests.'
  static override usage = 'genl policy FAMILY [--op OP]'
  static override examples = [
    { description: 'All operations.', command: '<%= config.bin %> genl policy nlctrl' },
    { description: 'One operation.', command: '<%= config.bin %> genl policy nlctrl --op 3' },
  ]
  static override args = {
    family: string({ ignoreStdin: true, description: 'Name or number of the family.', required: true }),
  }
  static override flags = { op: text({ summary: 'Number of an operation.', helpValue: 'OP' }) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GenlPolicy)
    const op = flags.op === undefined ? undefined : parseNumber(flags.op, '--op', 255)
    const { showPolicy } = await import('../../genl/policy.ts')
    await this.show(({ session }) => readGeneric(session, genl => showPolicy(genl, args.family, op)))
  }
}
