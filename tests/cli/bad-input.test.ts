import { chmod, copyFile, cp, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Cli, createCli, type Surroundings } from './nltool.ts'

const tools = fileURLToPath(new URL('../../packages/tools', import.meta.url))

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 }) // each command is a process of its own

let cli: Cli
beforeAll(async () => {
  cli = await createCli()
  await cli.setUp('ifconfig epair create', 'ifconfig epair0a inet 192.0.2.1/24', 'route add 203.0.113.0/24 192.0.2.2')
}, 30_000)
afterAll(() => cli.remove())

/** One sentence, or the two lines of route(8): no stack, no paths of modules. */
function expectSentence(stderr: string): void {
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
  expect(stderr).not.toMatch(/\bat .*\.(js|ts):\d+|internal error/)
}

/** Somebody who may not write everywhere: the superuser becomes nobody, in a place that nobody may enter. */
async function someReader({ home, run }: Cli): Promise<Surroundings> {
  if (process.getuid?.() !== 0) return {}
  const copy = join(home, 'nltool-copy')
  for (const part of ['bin', 'dist/bundle', 'package.json'])
    await cp(join(tools, part), join(copy, part), { recursive: true })
  const node = join(copy, 'node') // nobody may not enter the home of whoever installed this one
  await copyFile(process.execPath, node)
  const nobody = { uid: 65_534, node, program: join(copy, 'bin/run.js') }
  expect(await run('--version', nobody)).toMatchObject({ code: 0 })
  return nobody
}

describe('a wrong command', () => {
  it.concurrent.each([
    ['route add 10.0.0.0/33 192.0.2.2', 2, 'route: bad mask length: 33\n'],
    [
      'route add 10.0.0.0/8',
      2,
      'route: gateway parameter required; usage: route [-46dnqtv] command [[modifiers] args]\n',
    ],
    ['route add 10.0.0.0/8 192.0.2.2 -interface', 1, "route: interface '192.0.2.2' does not exist\n"],
    ['route add 203.0.113.0/24 192.0.2.2', 1, 'add net 203.0.113.0: gateway 192.0.2.2 fib 0: route already in table\n'],
    [
      'route delete 198.51.100.0/24',
      1,
      'route: route has not been found\ndelete net 198.51.100.0 fib 0: not in table\n',
    ],
    [
      'route add 10.0.0.0/8 192.0.2.2 -fib 7',
      1,
      'add net 10.0.0.0: gateway 192.0.2.2 fib 7: Invalid argument: invalid fib',
    ],
    [
      'route add 10.0.0.0/8 192.0.2.2 -weight 300',
      1,
      'add net 10.0.0.0: gateway 192.0.2.2 fib 0: Invalid argument: weight 300 is not a whole number from 1 to 255\n',
    ],
    [
      'route add 10.0.0.0/8 192.0.2.2 -expire 4294967295',
      1,
      'add net 10.0.0.0: gateway 192.0.2.2 fib 0: Invalid argument: ',
    ],
    ['route add 10.0.0.0/8 -interface em9', 1, "route: interface 'em9' does not exist\n"],
    ['route add 10.0.0.0/8 via 192.0.2.2 dev em9', 1, "route: interface 'em9' does not exist\n"],
    ['route add 10.0.0.0/8 198.51.100.9', 1, 'add net 10.0.0.0: gateway 198.51.100.9 fib 0: '],
    ['route get 198.51.100.9', 1, 'route: route has not been found: 198.51.100.9'],
    ['route frobnicate', 2, 'route: bad keyword: frobnicate'],
    ['route', 2, 'route: usage: route'],
    ['ifconfig em9', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig em9 up', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig em9 mtu 1500', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig em9 192.0.2.9/24', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig em9 destroy', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig frob0 create', 1, 'ifconfig: SIOCIFCREATE2: Invalid argument'],
    ['ifconfig vlan5 create vlan 5 vlandev em9', 1, 'ifconfig: interface em9 does not exist\n'],
    ['ifconfig lo0 destroy', 1, 'ifconfig: SIOCIFDESTROY: Invalid argument'],
    ['ifconfig epair0a name lo0', 1, 'ifconfig: ioctl SIOCSIFNAME (set name): File exists'],
    ['ifconfig epair0a vnet nope', 1, 'ifconfig: there is no network stack named nope\n'],
    ['ifconfig epair0 create', 1, 'ifconfig: interface epair0 already exists\n'],
    ['ifconfig epair0a mtu 1', 1, 'ifconfig: ioctl SIOCSIFMTU (set mtu): Invalid argument'],
    ['ifconfig epair0a inet 192.0.2.77 delete', 1, 'ifconfig: ioctl (SIOCDIFADDR): '],
    ['ifconfig epair0a 192.0.2.1/33', 2, 'ifconfig: 192.0.2.1/33: the prefix length is from 0 to 32\n'],
    ['ifconfig epair0a frobnicate', 2, 'ifconfig: frobnicate: neither a keyword nor an address\n'],
    ['netstat', 2, 'netstat: only routing tables can be shown: netstat -r\n'],
    ['netstat -rz', 2, 'netstat: unknown option: -z\n'],
    ['netstat -rn -F 7', 1, 'netstat: '],
    ['genl get nope', 1, 'genl: there is no generic netlink family nope\n'],
    ['genl get 99999', 1, 'genl: there is no generic netlink family 99999\n'],
    ['genl get', 2, 'genl: Missing 1 required arg: family'],
    ['genl get --nope nlctrl', 2, 'genl: Nonexistent flag: --nope\n'],
    ['decode --hex zz', 2, "nltool: 'z' is no hexadecimal digit\n"],
    [
      'decode --hex 24000000180005060700000000000000021800000004000100000000080001',
      1,
      'nltool: nlmsghdr at offset 0: nlmsg_len 36',
    ],
    [
      'monitor',
      1,
      'nltool: monitor needs a kernel that keeps running, which nltool serve will start; this version has no such command yet\n',
    ],
    [
      '--kernel linux route show',
      2,
      "route: --kernel linux: the host's own Linux kernel is not available in this version",
    ],
    [
      '--kernel unix:/run/k route show',
      2,
      'route: --kernel unix:/run/k: attaching to a served kernel is not available',
    ],
    ['--kernel nope route show', 2, 'route: --kernel nope: unknown'],
    ['route show --kernel', 2, 'nltool: --kernel needs a value\n'],
    ['--uid 1000 route add 10.0.0.0/8 192.0.2.2', 1, 'route: must be root to alter routing table\n'],
    ['--uid 1000 ifconfig epair0a down', 1, 'ifconfig: ioctl (SIOCSIFFLAGS): Operation not permitted'],
    ['--uid 1000 ifconfig epair create', 1, 'ifconfig: SIOCIFCREATE2: Operation not permitted'],
    ['--uid me route show', 2, 'route: --uid me: not a number\n'],
    ['--vnet nope route show', 1, 'route: there is no network stack named nope\n'],
    ['decode /does/not/exist', 1, 'nltool: the file /does/not/exist cannot be read: no such file or directory\n'],
    ['route show --pcap /does/not/exist', 1, 'route: the file /does/not/exist cannot be written: no such file'],
    ['restore /does/not/exist', 1, 'nltool: the file /does/not/exist does not exist\n'],
    ['save /does/not/exist', 1, 'nltool: the file /does/not/exist cannot be written: no such file or directory\n'],
  ])('`%s` ends with %i and a sentence', async (words, code, sentence) => {
    const before = await readFile(cli.state)
    const outcome = await cli.run(words)
    expect(outcome.stdout).toBe('')
    expect(outcome.stderr.startsWith(sentence ?? ''), outcome.stderr).toBe(true)
    expectSentence(outcome.stderr)
    expect(outcome.code).toBe(code)
    expect(await readFile(cli.state)).toEqual(before)
  })

  it('is an object under --json, beside the sentence', async () => {
    const { stdout, stderr, code } = await cli.run('route add 203.0.113.0/24 192.0.2.2 --json')
    expect(JSON.parse(stdout)).toEqual({ error: { message: stderr.trimEnd(), exit: 1, code: 'EEXIST' } })
    expect(code).toBe(1)
  })

  it('is an object under --json, before there is a command too', async () => {
    const { stdout, stderr } = await cli.run('--json rout show')
    expect(stderr).toBe(`nltool: ${JSON.parse(stdout).error.message}\n`)
    expect(JSON.parse(stdout)).toMatchObject({ error: { exit: 2 } })
  })

  it.each([
    ['rout show', 'nltool: rout is not a command; did you mean route? (nltool help lists them)\n'],
    ['gnel list', 'nltool: gnel list is not a command; did you mean genl list? (nltool help lists them)\n'],
    ['genl nope', 'nltool: genl nope is not a command (nltool help lists them)\n'],
    ['genl list nope', 'nltool: unexpected argument: nope; genl list takes none\n'],
    ['vnet list x y', 'nltool: unexpected argument: x; vnet list takes none\n'],
    ['help rout', 'nltool: rout is not a command; did you mean route? (nltool help lists them)\n'],
    ['--trace', 'nltool: a command must follow --trace\n'],
    ['--vnet lab', 'nltool: a command must follow --vnet\n'],
    ['-x', 'nltool: unknown option: -x\n'],
    ['frobnicate', 'nltool: frobnicate is not a command (nltool help lists them)\n'],
  ])('`%s` is answered with the command that was meant', async (words, sentence) => {
    expect(await cli.run(words)).toEqual({ stdout: '', stderr: sentence, code: 2 })
  })
})

describe('a damaged state file', () => {
  it.concurrent.each([0, 1, 7, 8, 20, 64, -9, -1])(
    'cut to %i bytes is refused, kept and not overwritten',
    async length => {
      const other = await createCli()
      await mkdir(dirname(other.state), { recursive: true })
      const whole = await readFile(cli.state)
      await writeFile(other.state, whole)
      await truncate(other.state, length < 0 ? whole.length + length : length)
      const cut = await readFile(other.state)
      for (const words of ['route show', 'route add 10.0.0.0/8 192.0.2.2', `restore ${cli.state}`]) {
        const { stdout, stderr, code } = await other.run(words)
        expect(stdout).toBe('')
        expect(stderr).toContain(`the state file ${other.state} is damaged and stays as it is: `)
        expectSentence(stderr)
        expect(code).toBe(1)
      }
      expect(await readFile(other.state)).toEqual(cut)
      expect(await readdir(dirname(other.state))).toEqual(['kernel.state'])
      await other.remove()
    },
    20_000,
  )

  it('of garbage is refused', async () => {
    const other = await createCli()
    await mkdir(dirname(other.state), { recursive: true })
    await writeFile(other.state, 'This is not a state file.\n'.repeat(10))
    const { stderr, code } = await other.run('ifconfig')
    expect(stderr).toContain('is damaged and stays as it is')
    expectSentence(stderr)
    expect(code).toBe(1)
    await other.remove()
  })
})

describe('a state directory that cannot be written', () => {
  it('can be read, and the command says in one sentence that it cannot be changed', async () => {
    const other = await createCli()
    await mkdir(dirname(other.state), { recursive: true })
    await writeFile(other.state, await readFile(cli.state))
    await chmod(other.home, 0o755)
    await chmod(other.state, 0o444)
    await chmod(dirname(other.state), 0o555)
    const reader = await someReader(other)
    expect((await other.run('route get 203.0.113.9', reader)).code).toBe(0)
    const { stderr, code } = await other.run('route add 10.0.0.0/8 192.0.2.2', reader)
    expect(stderr).toBe(`route: the state in ${dirname(other.state)} cannot be changed: permission denied\n`)
    expect(code).toBe(1)
    await chmod(dirname(other.state), 0o755)
    await other.remove()
  })

  // Where not even the superuser can make a directory.
  it.each(process.platform === 'linux' ? ['/proc', '/sys'] : [])('is named where it is in %s', async home => {
    const env = { XDG_STATE_HOME: home }
    expect((await cli.run('ifconfig -l', { env })).stdout).toBe('lo0\n')
    const { stderr, code } = await cli.run('ifconfig epair create', { env })
    expect(stderr).toMatch(new RegExp(`^ifconfig: the state in ${home}/nltool cannot be changed: [a-z -]+\n$`))
    expect(code).toBe(1)
  })

  it('is named where its path leads through a file', async () => {
    const env = { XDG_STATE_HOME: cli.state }
    const sentence = (done: string, path: string) =>
      `ifconfig: the state in ${path} cannot be ${done}: part of the path is not a directory\n`
    expect((await cli.run('ifconfig -l', { env })).stderr).toBe(sentence('read', `${cli.state}/nltool/kernel.state`))
    expect((await cli.run('ifconfig epair create', { env })).stderr).toBe(sentence('changed', `${cli.state}/nltool`))
  })
})

describe('commands that only read', () => {
  it('write nothing', async () => {
    const other = await createCli()
    for (const words of ['route show', 'ifconfig', 'netstat -rn', 'genl list'])
      expect((await other.run(words)).code).toBe(0)
    expect(await readdir(other.home)).toEqual([])
    await other.remove()
    const { mtimeMs } = await stat(cli.state)
    await cli.run('route show')
    expect((await stat(cli.state)).mtimeMs).toBe(mtimeMs)
  })
})

describe('two invocations at once', () => {
  it('both have their effect', async () => {
    const other = await createCli()
    await other.setUp('ifconfig epair create', 'ifconfig epair0a inet 192.0.2.1/24')
    const prefixes = Array.from({ length: 8 }, (_, i) => `10.${i}.0.0/16`)
    const outcomes = await Promise.all(prefixes.map(prefix => other.run(`route add ${prefix} 192.0.2.2`)))
    expect(outcomes.map(({ code }) => code)).toEqual(prefixes.map(() => 0))
    const { stdout } = await other.run('netstat -rn4')
    for (const prefix of prefixes) expect(stdout).toContain(`\n${prefix} `)
    await other.remove()
  })
})
