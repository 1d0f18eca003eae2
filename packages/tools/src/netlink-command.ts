import type { Awaitable } from '@nltool/nl-core/model'
import { Command } from '@oclif/core/command'
import { boolean, string } from '@oclif/core/flags'
import { fail, invoke, type WholeInvocation, type WholeProgram } from './invocation.ts'
import type { Shown } from './shown.ts'

/** What all oclif commands have in common: the global options, and errors as one sentence on standard error. */
export abstract class NetlinkCommand extends Command {
  static override enableJsonFlag = true // printed by `invoke`: `run` gives oclif nothing
  static override baseFlags = {
    kernel: string({ summary: 'Kernel to speak to: embedded.', helpGroup: 'GLOBAL', helpValue: 'KERNEL' }),
    vnet: string({ summary: 'Network stack to work in, by name or number.', helpGroup: 'GLOBAL', helpValue: 'VNET' }),
    uid: string({
      summary: 'User to be in the kernel; default 0, the superuser.',
      helpGroup: 'GLOBAL',
      helpValue: 'UID',
    }),
    freebsd13: boolean({ summary: 'Texts of FreeBSD 13, where they differ.', helpGroup: 'GLOBAL' }),
    freebsd14: boolean({
      summary: 'Texts of FreeBSD 14; route add joins a second gateway as a path.',
      helpGroup: 'GLOBAL',
    }),
    trace: boolean({ summary: 'Print the netlink conversation on standard error.', helpGroup: 'GLOBAL' }),
    events: boolean({ summary: 'Print what the kernel announces meanwhile on standard error.', helpGroup: 'GLOBAL' }),
    pcap: string({
      summary: 'Write the netlink conversation to a file that Wireshark opens.',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
  }

  /** Runs what the command does, with the words and global options of this line. */
  protected async execute(program: WholeProgram): Promise<void> {
    this.parsed = true // words with a table of their own are not parsed by oclif, which would warn
    await invoke(this.topic, this.argv, program)
  }

  /** Runs a command that gives text for people and a value for `--json`. */
  protected show(work: (invocation: WholeInvocation) => Awaitable<Shown<object>>): Promise<void> {
    return this.execute(async invocation => {
      const { text, json } = await work(invocation)
      invocation.print(text)
      return json
    })
  }

  protected override async catch(error: Error & { code?: string }): Promise<void> {
    if (error.code === 'EEXIT') throw error
    this.parsed = true // it complained already
    await fail(this.topic, this.argv, error)
  }

  private get topic(): string {
    return this.id?.split(':')[0] ?? ''
  }
}
