import { spawnSync } from 'node:child_process'
import { lstat, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Cli, createCli } from './nltool.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 }) // each command is a process of its own

let cli: Cli
beforeEach(async () => {
  cli = await createCli()
})
afterEach(() => cli.remove())

const pair = ['ifconfig epair create', 'ifconfig epair0a inet 192.0.2.1/24', 'ifconfig epair0b up']

describe('a session', () => {
  it('creates an interface, addresses it and routes through it, one process for each command', async () => {
    expect(await cli.run('ifconfig epair create')).toEqual({ stdout: 'epair0a\n', stderr: '', code: 0 })
    expect(await cli.run('ifconfig epair0a inet 192.0.2.1/24')).toEqual({ stdout: '', stderr: '', code: 0 })
    expect((await cli.run('ifconfig epair0a inet')).stdout).toContain(
      '\tinet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.255\n',
    )
    expect(await cli.run('route add 203.0.113.0/24 192.0.2.2')).toEqual({
      stdout: 'add net 203.0.113.0: gateway 192.0.2.2\n',
      stderr: '',
      code: 0,
    })
    expect((await cli.run('netstat -rn4')).stdout).toMatch(/^203\.0\.113\.0\/24 +192\.0\.2\.2 +UGS +epair0a$/m)
    expect((await cli.run('route get 203.0.113.9')).stdout).toMatch(
      /^ {3}route to: 203\.0\.113\.9\ndestination: 203\.0\.113\.0\n {7}mask: 255\.255\.255\.0\n {4}gateway: 192\.0\.2\.2\n {8}fib: 0\n {2}interface: epair0a\n {6}flags: <UP,GATEWAY,DONE,STATIC>\n/,
    )
    expect(await cli.run('route delete 203.0.113.0/24')).toEqual({
      stdout: 'delete net 203.0.113.0\n',
      stderr: '',
      code: 0,
    })
    expect((await cli.run('netstat -rn4')).stdout).not.toContain('203.0.113.0')
  })

  it('takes the words of iproute2', async () => {
    await cli.setUp(...pair)
    const added = await cli.run('route add 203.0.113.0/24 via 192.0.2.2 dev epair0a')
    expect(added).toEqual({ stdout: 'add net 203.0.113.0: gateway 192.0.2.2\n', stderr: '', code: 0 })
  })

  it('routes IPv6', async () => {
    await cli.setUp(...pair, 'ifconfig epair0a inet6 2001:db8::1/64', 'route -6 add 2001:db8:1::/48 2001:db8::2')
    expect((await cli.run('netstat -rn6')).stdout).toMatch(/^2001:db8:1::\/48 +2001:db8::2 +UGS +epair0a$/m)
    expect((await cli.run('route get 2001:db8:1::9')).stdout).toContain('    gateway: 2001:db8::2\n')
  })

  it('tells link-local destinations by their links', async () => {
    await cli.setUp(...pair, 'ifconfig epair0b inet6 2001:db8::1/64', 'route add fe80::5%epair0b fe80::9%epair0b')
    expect((await cli.run('route get fe80::5%epair0b')).stdout).toContain('    gateway: fe80::9%epair0b\n')
    expect((await cli.run('route get fe80::7%epair0b')).stdout).toContain('destination: fe80::%epair0b\n')
    await cli.setUp('route delete fe80::5%epair0b', 'route add fe80::5%epair0b fe80::9%epair0b')
    expect((await cli.run('route -6 flush')).stdout).toMatch(/^fe80::5 +fe80::9%epair0b +-fib 0 {3}done$/m)
    const unknown = { stdout: '', stderr: "route: interface 'nope' does not exist\n", code: 1 }
    expect(await cli.run('route get fe80::5%nope')).toEqual(unknown)
    expect(await cli.run('route delete fe80::5%nope')).toEqual(unknown)
  })

  it('changes a route, and flushes those with a gateway', async () => {
    await cli.setUp(...pair, 'route add 203.0.113.0/24 192.0.2.2')
    expect((await cli.run('route change 203.0.113.0/24 192.0.2.3')).stdout).toBe(
      'change net 203.0.113.0: gateway 192.0.2.3\n',
    )
    expect((await cli.run('route flush')).stdout).toBe('203.0.113            192.0.2.3            -fib 0   done\n')
    expect((await cli.run('netstat -rn4')).stdout).toContain('192.0.2.0/24')
  })

  it('joins a second gateway as a path where the habits of FreeBSD 14 are asked for', async () => {
    await cli.setUp(...pair, 'route add 203.0.113.0/24 192.0.2.2', '--freebsd14 route add 203.0.113.0/24 192.0.2.3')
    const { stdout } = await cli.run('netstat -rn4')
    expect(stdout.match(/^203\.0\.113\.0\/24 +\S+/gm)).toEqual([
      '203.0.113.0/24     192.0.2.2',
      '203.0.113.0/24     192.0.2.3',
    ])
  })

  it('renames, describes, groups and destroys interfaces', async () => {
    await cli.setUp(
      'ifconfig epair create',
      'ifconfig epair0a descr uplink',
      'ifconfig epair0a group core',
      'ifconfig epair0a mtu 9000',
    )
    expect((await cli.run('ifconfig epair0a name wan0')).stdout).toBe('wan0\n')
    const shown = (await cli.run('ifconfig wan0')).stdout
    expect(shown).toMatch(/^wan0: flags=.* mtu 9000\n\tdescription: uplink\n/)
    expect(shown).toMatch(/^\tgroups: .*\bcore\b/m)
    expect((await cli.run('ifconfig -g core -l')).stdout).toBe('wan0\n')
    await cli.setUp('ifconfig wan0 destroy')
    expect((await cli.run('ifconfig -l')).stdout).toBe('lo0\n')
  })

  it('replaces the first address without alias, and adds one with it', async () => {
    await cli.setUp('ifconfig epair create', 'ifconfig epair0a 192.0.2.1/24', 'ifconfig epair0a 198.51.100.1/24 alias')
    await cli.setUp('ifconfig epair0a 203.0.113.1/24')
    const { stdout } = await cli.run('ifconfig epair0a inet')
    expect(stdout.match(/inet [\d.]+/g)?.sort()).toEqual(['inet 198.51.100.1', 'inet 203.0.113.1'])
    await cli.setUp('ifconfig epair0a inet 198.51.100.1 delete')
    expect((await cli.run('ifconfig epair0a inet')).stdout).not.toContain('198.51.100.1')
  })

  it('gives JSON wherever the option stands', async () => {
    await cli.setUp(...pair, 'route add 203.0.113.0/24 192.0.2.2')
    const [before, behind] = await Promise.all([
      cli.run('--json route get 203.0.113.9'),
      cli.run('route get 203.0.113.9 --json'),
    ])
    expect(before).toEqual(behind)
    expect(JSON.parse(before.stdout)).toMatchObject({
      dst: '203.0.113.0/24',
      gateway: '192.0.2.2',
      ifname: 'epair0a',
      table: 0,
      type: 'unicast',
    })
    expect(JSON.parse((await cli.run('ifconfig --json')).stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ifname: 'epair0a',
          addresses: [expect.objectContaining({ address: '192.0.2.1', prefixlen: 24 })],
        }),
      ]),
    )
    const added = JSON.parse((await cli.run('route add 198.51.100.0/24 192.0.2.2 --json')).stdout)
    expect(added).toEqual({ action: 'add', dst: '198.51.100.0/24', gateway: '192.0.2.2', ifname: null, fibs: [0] })
  })

  it.skipIf(process.platform === 'win32')('saves through a link and into a pipe, which both stay', async () => {
    const [file, link, pipe] = ['file', 'link', 'pipe'].map(name => join(cli.home, name)) as [string, string, string]
    await writeFile(file, 'old')
    await symlink(file, link)
    await cli.setUp(`save ${link}`)
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    spawnSync('mkfifo', [pipe])
    const [read] = await Promise.all([readFile(pipe), cli.setUp(`save ${pipe}`)])
    expect((await lstat(pipe)).isFIFO()).toBe(true)
    expect(read.length).toBe((await readFile(file)).length)
    expect(await cli.run(`restore ${link}`)).toMatchObject({ code: 0 })
  })

  it('saves the configuration and restores it', async () => {
    await cli.setUp(...pair, `save ${join(cli.home, 'before')}`)
    const before = (await cli.run('ifconfig')).stdout
    await cli.setUp('ifconfig epair0a destroy', `restore ${join(cli.home, 'before')}`)
    expect((await cli.run('ifconfig')).stdout).toBe(before)
    expect(await readFile(join(cli.home, 'before'))).toEqual(await readFile(cli.state))
  })

  it('lists generic netlink families', async () => {
    const { stdout } = await cli.run('genl')
    expect(stdout).toMatch(/^Name: nlctrl\n\tID: 0x10, Version: 0x2, header size: 0, max attributes: 10\n/)
    expect((await cli.run('genl get nlctrl')).stdout).toContain('Name: nlctrl\n')
    expect(JSON.parse((await cli.run('genl get 0x10 --json')).stdout)).toMatchObject({ family: 'nlctrl', id: '0x10' })
  })

  it('shows the netlink conversation under --trace, and writes it down under --pcap', async () => {
    await cli.setUp(...pair)
    const capture = join(cli.home, 'talk.pcapng')
    const conversation = `RTM_NEWROUTE len 60 flags <REQUEST,ACK,EXCL,CREATE> seq 1 pid 0
  rtmsg family inet dst_len 24 src_len 0 tos 0 table 0 protocol static scope universe type unicast flags 0
  RTA_TABLE 0
  RTA_DST 203.0.113.0
  RTA_GATEWAY 192.0.2.2
  NL_RTA_RTFLAGS <STATIC>`
    const traced = await cli.run(`--trace --pcap ${capture} route add 203.0.113.0/24 192.0.2.2`)
    expect(traced.stdout).toBe('add net 203.0.113.0: gateway 192.0.2.2\n')
    expect(traced.stderr).toBe(
      `${conversation.replace(/^/gm, '> ')}\n< NLMSG_ERROR success len 36 flags <CAPPED> seq 1 pid 0\n<   request type RTM_NEWROUTE seq 1\n`,
    )
    const decoded = await cli.run(`decode ${capture}`)
    expect(decoded.stdout.replace(/seq \d+/g, 'seq 1')).toBe(traced.stderr)
    const [request, answer] = JSON.parse((await cli.run(`decode --json ${capture}`)).stdout)
    expect(request).toMatchObject({ packet: 1, direction: 'sent', type: 'RTM_NEWROUTE' })
    expect(answer).toMatchObject({ packet: 2, direction: 'received', type: 'NLMSG_ERROR', errno: null })
  })

  it('shows everything to a user who may change nothing', async () => {
    await cli.setUp(...pair)
    expect(await cli.run('--uid 1000 ifconfig')).toEqual(await cli.run('ifconfig'))
    expect(await cli.run('--uid 1000 netstat -rn')).toEqual(await cli.run('netstat -rn'))
  })

  it('prints what the kernel announces meanwhile under --events', async () => {
    await cli.setUp('ifconfig epair create')
    const { stdout, stderr } = await cli.run('--events ifconfig epair0a inet 192.0.2.1/24')
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} add\/repl addr 192\.0\.2\.1\/24 iface epair0a $/m)
    expect(stderr).toMatch(/ add\/repl iface iface#\d+ epair0a admin UP /)
    expect(stderr).toMatch(/ add\/repl route 192\.0\.2\.0\/24 iface epair0a mtu 1500 table inet\.0$/m)
    expect((await cli.run('--events ifconfig epair0a')).stderr).toBe('')
  })

  it('shows what a family accepts in requests', async () => {
    const { stdout } = await cli.run('genl policy nlctrl --op 3')
    expect(stdout).toMatch(/^\tID: 0x10 {2}op 3 policies: do=0 dump=0\n\tID: 0x10 {2}policy\[0\]:attr\[1\]: type=U16 /)
    expect(JSON.parse((await cli.run('genl policy nlctrl --json')).stdout)).toMatchObject({
      family: 'nlctrl',
      operations: [
        { id: '0x3', do: 0, dump: 0 },
        { id: '0xa', dump: 1 },
      ],
    })
  })

  it('makes network stacks, moves interfaces into them and back', async () => {
    expect((await cli.run('vnet create lab')).stdout).toBe('lab\n')
    await cli.setUp('ifconfig epair create', 'ifconfig epair0b vnet lab', '--vnet lab ifconfig epair0b 192.0.2.2/24')
    expect((await cli.run('ifconfig -l')).stdout).toBe('lo0 epair0a\n')
    expect((await cli.run('--vnet lab ifconfig -l')).stdout).toBe('lo0 epair0b\n')
    expect((await cli.run('netstat -rn4 --vnet lab')).stdout).toContain('192.0.2.0/24')
    expect((await cli.run('netstat -rn4')).stdout).not.toContain('192.0.2.0/24')
    expect(await cli.run('--vnet lab vnet delete lab')).toMatchObject({
      stderr: 'nltool: vnet lab: this command runs in it: leave --vnet out\n',
      code: 1,
    })
    expect((await cli.run('vnet delete vnet0')).stderr).toBe('nltool: vnet vnet0: the initial network stack stays\n')
    await cli.setUp('vnet delete lab')
    expect((await cli.run('ifconfig -l')).stdout).toBe('lo0 epair0a epair0b\n')
    expect((await cli.run('vnet list')).stdout).toBe('  0  vnet0\n')
  })

  it('names what interfaces can be created from', async () => {
    expect((await cli.run('ifconfig -C')).stdout).toMatch(/^(?=.*\bepair\b).*\blo\b/)
  })

  it.each(['ifconfig --help', 'ifconfig', 'genl list'])(
    '`%s` stops without a word when its reader goes away',
    async words => {
      expect(await cli.run(words, { deaf: true })).toEqual({ stdout: '', stderr: '', code: 0 })
    },
  )

  it.runIf(process.platform === 'linux')('says that the file of its output is full', async () => {
    const full = await open('/dev/full', 'w')
    const program = fileURLToPath(new URL('../../packages/tools/bin/run.js', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [program, 'ifconfig'], {
      env: { ...process.env, XDG_STATE_HOME: cli.home },
      stdio: ['ignore', full.fd, 'pipe'],
      encoding: 'utf8',
    })
    await full.close()
    expect(stderr).toBe('nltool: the output cannot be written: no space is left on the device\n')
    expect(status).toBe(1)
  })

  it('decodes what stands on standard input', async () => {
    const hex = '20000000 1200 0103 01000000 00000000 00000000 00000000 00000000 00000000'
    expect((await cli.run('decode', { input: hex })).stdout).toMatch(
      /^RTM_GETLINK len 32 flags <REQUEST,DUMP> seq 1 pid 0\n/,
    )
  })
})
