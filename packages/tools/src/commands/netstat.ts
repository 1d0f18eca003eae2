import { boolean, string } from '@oclif/core/flags'
import { usage } from '../failure.ts'
import { NetlinkCommand } from '../netlink-command.ts'

export default class Netstat extends NetlinkCommand {
  static override summary = 'Show the routing tables, as netstat(1) -r does.'
  static override examples = [
    { description: 'Both tables, addresses in full.', command: '<%= config.bin %> netstat -rn' },
    { description: 'IPv4 only, with nexthop numbers and MTUs.', command: '<%= config.bin %> netstat -rnW4' },
    { description: 'Another FIB.', command: '<%= config.bin %> netstat -rn -F 1' },
  ]
  static override flags = {
    routes: boolean({ char: 'r', summary: 'Show the routing tables; the only report there is.' }),
    numeric: boolean({ char: 'n', summary: 'Addresses in full, columns wide enough for IPv6.' }),
    wide: boolean({ char: 'W', summary: 'Nexthop numbers and MTUs too; nothing is cut.' }),
    fib: string({ char: 'F', summary: 'Routing table by number.', helpValue: 'FIB', default: '0' }),
    inet: boolean({ summary: 'IPv4 only; -4 is the same.', exclusive: ['inet6', 'family'] }),
    inet6: boolean({ summary: 'IPv6 only; -6 is the same.', exclusive: ['inet', 'family'] }),
    family: string({ char: 'f', summary: 'One address family only.', options: ['inet', 'inet6'] }),
  }

  async run(): Promise<object> {
    const { flags } = await this.parse(Netstat, this.argv.flatMap(spellDigits))
    if (!flags.routes) throw usage('netstat shows routing tables only: netstat -r')
    const { parseNumber } = await import('../number.ts')
    const { listRoutes } = await import('../route/look.ts')
    const style = { numeric: flags.numeric, wide: flags.wide, fib: parseNumber(flags.fib, '-F', 65_534) }
    const family = flags.inet || flags.family === 'inet' ? 'inet' : flags.inet6 || flags.family === 'inet6' ? 'inet6' : undefined
    const shown = await this.readRoutes(route => listRoutes(route, style, family))
    this.print(shown.text)
    return shown.json
  }
}

/** Options that are digits, which oclif does not know: `-rn4` is `-rn --inet`. */
function spellDigits(word: string): string[] {
  if (!/^-[rnW46]*[46][rnW46]*$/.test(word)) return [word]
  const letters = word.replace(/[46]/g, '')
  const families = [...word].flatMap(letter => (letter === '4' ? ['--inet'] : letter === '6' ? ['--inet6'] : []))
  return letters === '-' ? families : [letters, ...families]
}
