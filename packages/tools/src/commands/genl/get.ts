import { string } from '@oclif/core/args'
import { option } from '@oclif/core/flags'
import { readGeneric } from '../../clients.ts'
import { familyFormats } from '../../genl/formats.ts'
import { NetlinkCommand } from '../../netlink-command.ts'

export default class GenlGet extends NetlinkCommand {
  static override summary = 'Show one family of generic netlink.'
  static override usage = 'genl get FAMILY [--format freebsd|iproute2|libnl]'
  static override examples = [
    { description: 'By name.', command: '<%= config.bin %> genl get nlctrl' },
    { description: 'By number.', command: '<%= config.bin %> genl get 0x10' },
  ]
  static override args = {
    family: string({ ignoreStdin: true, description: 'Name or number of the family.', required: true }),
  }
  static override flags = {
    format: option({ summary: 'Layout of which tool.', options: familyFormats, default: 'freebsd' })(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GenlGet)
    const { getFamily } = await import('../../genl/look.ts')
    await this.show(({ session }) => readGeneric(session, genl => getFamily(genl, args.family, flags.format)))
  }
}
