import { option } from '@oclif/core/flags'
import { readGeneric } from '../../clients.ts'
import { familyFormats } from '../../genl/formats.ts'
import { NetlinkCommand } from '../../netlink-command.ts'

export default class GenlList extends NetlinkCommand {
  static override summary = 'List the families of generic netlink, as genl(1) does.'
  static override usage = 'genl list [--format freebsd|iproute2|libnl]'
  static override examples = [
    { description: 'All families of the kernel.', command: '<%= config.bin %> genl list' },
    { description: 'In the layout of genl-ctrl-list of libnl.', command: '<%= config.bin %> genl list --format libnl' },
  ]
  static override flags = {
    format: option({ summary: 'Layout of which tool.', options: familyFormats, default: 'freebsd' })(),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(GenlList)
    const { listFamilies } = await import('../../genl/look.ts')
    await this.show(({ session }) => readGeneric(session, genl => listFamilies(genl, flags.format)))
  }
}
