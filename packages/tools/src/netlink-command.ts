import type { Process } from '@nltool/kernel'
import type { Generic } from '@nltool/nl-genl'
import type { RouteClient } from '@nltool/nl-route'
import { Command } from '@oclif/core/command'
import { string } from '@oclif/core/flags'
import { type Globals, readGlobals, separate } from './argv.ts'
import { exitCode, type Failure } from './failure.ts'
import { openSession, type Session } from './host.ts'
import { jsonReady } from './json.ts'
import { asFailure } from './sentence.ts'

/**
 * What all commands have in common: the global options, the session with a kernel, JSON, and errors as one sentence on
 * standard error. `run` returns what `--json` prints.
 */
export abstract class NetlinkCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    kernel: string({ summary: 'Kernel to speak to: embedded.', helpGroup: 'GLOBAL', helpValue: 'KERNEL' }),
    vnet: string({ summary: 'Network stack to work in, by name or number.', helpGroup: 'GLOBAL', helpValue: 'VNET' }),
  }

  /** The global options of this invocation. */
  protected get globals(): Globals {
    return readGlobals(separate(this.argv).globals)
  }

  /** All other words, for commands that read them with a table of their own. */
  protected get words(): readonly string[] {
    this.parsed = true // oclif warns about commands that never parse
    return separate(this.argv).words
  }

  /** The kernel that the global options name. */
  protected session(): Session {
    return openSession(this.globals, process.env)
  }

  /** Runs work on a client of rtnetlink that only looks. */
  protected readRoutes<T>(work: (route: RouteClient) => Promise<T>): Promise<T> {
    return this.session().read(proc => withRoute(proc, work))
  }

  /** Runs work on a client of rtnetlink that changes something; its result is there when the change is saved. */
  protected changeRoutes<T>(work: (route: RouteClient) => Promise<T>): Promise<T> {
    return this.session().change(proc => withRoute(proc, work))
  }

  /** Runs work on a client of generic netlink that only looks. */
  protected readGeneric<T>(work: (genl: Generic) => Promise<T>): Promise<T> {
    return this.session().read(async proc => {
      const { openGeneric } = await import('@nltool/nl-genl')
      await using genl = await openGeneric(proc)
      return await work(genl)
    })
  }

  /** Prints text as it is; what already ends its line gets no second newline. */
  protected print(text: string): void {
    if (text !== '') this.log(text.endsWith('\n') ? text.slice(0, -1) : text)
  }

  /** Reports what went wrong although the command goes on. */
  protected complain(failure: Failure): void {
    process.stderr.write(`${this.label}: ${failure.message}\n`)
    process.exitCode = failure.exit
  }

  protected override async catch(thrown: Error): Promise<void> {
    if (thrown.message.startsWith('EEXIT')) throw thrown
    const failure = asFailure(thrown)
    this.complain(failure)
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(failure))
    if ((process.env['DEBUG'] ?? '').includes('nltool')) process.stderr.write(`${(failure.cause as Error | undefined)?.stack ?? failure.stack}\n`)
  }

  protected override toSuccessJson(result: unknown): unknown {
    return jsonReady(result)
  }

  protected override toErrorJson(failure: Failure): { readonly error: object } {
    return { error: { message: failure.message, exit: failure.exit ?? exitCode.refused, ...failure.detail } }
  }

  /** The name before the colon: that of the classic tool where there is one. */
  private get label(): string {
    const tool = this.id?.split(':')[0] ?? ''
    return classicTools.has(tool) ? tool : this.config.bin
  }
}

async function withRoute<T>(proc: Process, work: (route: RouteClient) => Promise<T>): Promise<T> {
  const { openRoute } = await import('@nltool/nl-route')
  await using route = await openRoute(proc)
  return await work(route)
}

const classicTools: ReadonlySet<string> = new Set(['ifconfig', 'route', 'netstat', 'genl'])
