import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Cli, createCli } from './nltool.ts'

const lab = `# two stacks, joined by a cable
vnet create lab
ifconfig epair create
ifconfig epair0a inet 192.0.2.1/24 descr "to the lab"
ifconfig epair0b vnet lab
route add 203.0.113.0/24 192.0.2.2
`

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 }) // each command is a process of its own

let cli: Cli
beforeEach(async () => {
  cli = await createCli()
})
afterEach(() => cli.remove())

describe('batch', () => {
  it('runs the commands of a file on one kernel and prints what each prints', async () => {
    const file = join(cli.home, 'lab.conf')
    await writeFile(file, lab)
    expect(await cli.run(`batch ${file}`)).toEqual({
      stdout: 'lab\nepair0a\nadd net 203.0.113.0: gateway 192.0.2.2\n',
      stderr: '',
      code: 0,
    })
    expect((await cli.run('ifconfig epair0a')).stdout).toContain('\tdescription: to the lab\n')
    expect((await cli.run('--vnet lab ifconfig -l')).stdout).toBe('lo0 epair0b\n')
  })

  it('gives the result of each as JSON', async () => {
    const { stdout } = await cli.run('batch --json', { input: 'ifconfig epair create\nifconfig -C\n' })
    expect(JSON.parse(stdout)).toEqual([
      { line: 1, command: 'ifconfig epair create', result: { ifname: 'epair0a', action: 'create' } },
      { line: 2, command: 'ifconfig -C', result: expect.arrayContaining(['epair', 'lo']) },
    ])
  })

  it.each([
    [
      'route add 203.0.113.0/24 192.0.2.2\n',
      1,
      'nltool: line 7: add net 203.0.113.0: gateway 192.0.2.2 fib 0: route already in table\n',
    ],
    ['ifconfig em9 up\n', 1, 'nltool: line 7: interface em9 does not exist\n'],
    ['route add 10.0.0.0/33 192.0.2.2\n', 2, 'nltool: line 7: bad mask length: 33\n'],
    ['serve\n', 2, 'nltool: line 7: serve cannot stand in a batch; ifconfig, netstat, route, vnet can\n'],
    ['ifconfig "epair0a\n', 2, 'nltool: line 7: a quote does not end\n'],
  ])(
    'does nothing at all if a command fails: %s',
    async (last, code, sentence) => {
      const before = await cli.run('ifconfig')
      expect(await cli.run('batch', { input: lab + last })).toEqual({ stdout: '', stderr: sentence, code })
      expect(await cli.run('ifconfig')).toEqual(before)
      expect((await cli.run('vnet list')).stdout).toBe('  0  vnet0\n')
    },
    20_000,
  )
})
