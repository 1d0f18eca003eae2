import { option, string } from '@oclif/core/flags'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Decode extends NetlinkCommand {
  static override summary = 'Decode netlink messages from hexadecimal text or a capture.'
  static override description = `Names every field and attribute that the schemas know; the rest stands as bytes.
Without --hex, standard input is read: a pcap or pcapng file of nlmon, hexadecimal text, or a datagram as it is.
What cannot be decoded is reported with its offset and the path of the attribute; exit code 1.`
  static override examples = [
    {
      description: 'A request as hexadecimal text.',
      command: '<%= config.bin %> decode --hex 2000000012000103010000000000000000000000000000000000000000000000',
    },
    { description: 'A capture of Linux programs.', command: '<%= config.bin %> decode --abi linux < nlmon.pcap' },
  ]
  static override flags = {
    hex: string({ summary: 'The bytes, as hexadecimal text.', helpValue: 'DIGITS' }),
    abi: option({ summary: 'Whose numbers they are.', options: ['freebsd', 'linux'] as const, default: 'freebsd' })(),
    protocol: option({
      summary: 'Netlink protocol, where a capture does not say.',
      options: ['route', 'generic'] as const,
      default: 'route',
    })(),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Decode)
    const { decodeAll } = await import('../decode/run.ts')
    await this.show(() => decodeAll(flags))
  }
}
