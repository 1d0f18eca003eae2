import { string as path } from '@oclif/core/args'
import { option, string } from '@oclif/core/flags'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Decode extends NetlinkCommand {
  static override summary = 'Decode netlink messages from hexadecimal text or a capture.'
  static override usage = 'decode [FILE | --hex DIGITS] [--abi freebsd|linux] [--protocol route|generic]'
  static override description = `Names every field and attribute that the schemas know; the rest stands as
bytes. FILE, or standard input, is one of
  a capture, pcap or pcapng with netlink packets, as nlmon and --pcap write
  hexadecimal digits, or what xxd, hexdump -C, tcpdump -x, strace -x print
  a datagram as it is

What cannot be decoded is reported with its offset and the path of the
attribute, and the exit code is 1.`
  static override examples = [
    {
      description: 'A request as hexadecimal text.',
      command: '<%= config.bin %> decode --hex 2000000012000103010000000000000000000000000000000000000000000000',
    },
    { description: 'What a command said to its kernel.', command: '<%= config.bin %> route show --pcap talk.pcapng' },
    { description: 'The same, read again.', command: '<%= config.bin %> decode talk.pcapng' },
  ]
  static override args = {
    file: path({ ignoreStdin: true, description: 'Capture, hexadecimal text or datagram; standard input if absent.' }),
  }
  static override flags = {
    hex: string({ summary: 'The bytes, as hexadecimal text.', helpValue: 'DIGITS' }),
    abi: option({
      summary: 'Whose numbers they are; default: as the capture says, else freebsd.',
      options: ['freebsd', 'linux'] as const,
    })(),
    protocol: option({
      summary: 'Netlink protocol, where a capture does not say.',
      options: ['route', 'generic'] as const,
      default: 'route',
    })(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Decode)
    const { decodeAll } = await import('../decode/run.ts')
    await this.show(() => decodeAll({ file: args.file, hex: flags.hex, abi: flags.abi, protocol: flags.protocol }))
  }
}
