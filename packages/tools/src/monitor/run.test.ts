import { createKernel } from '@nltool/kernel'
import { openRoute } from '@nltool/nl-route'
import { expect, it } from 'vitest'
import { type Line, monitorEvents } from './run.ts'

it('prints what happens to interfaces, addresses and routes, in order', async () => {
  await using kernel = createKernel()
  await using watching = await openRoute(kernel.spawn())
  await using acting = await openRoute(kernel.spawn())
  const ending = new AbortController()
  const lines: string[] = []
  const print = ({ text }: Line) => void lines.push(text.replace(/^\S+ /, ''))
  const groups = ['link', 'ipv4-addr', 'ipv4-route'] as const
  const running = monitorEvents(watching, { groups, signal: ending.signal, now: () => 0, print })
  await watching.link.list() // the subscription stands by now

  await acting.link.create({ kind: 'epair', name: 'epair0' })
  await acting.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
  await acting.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
  await acting.route.delete({ dst: '203.0.113.0/24' })
  await acting.addr.delete({ ifname: 'epair0a', address: '192.0.2.1/24' })
  await acting.link.delete('epair0a')
  await kernel.settle()
  ending.abort()
  await running

  const expected = [
    /^add\/repl iface iface#\d+ epair0a admin DOWN oper \S+ mtu 1500 $/,
    /^add\/repl addr 192\.0\.2\.1\/24 iface epair0a $/,
    /^add\/repl route 203\.0\.113\.0\/24 gw 192\.0\.2\.2 iface epair0a mtu 1500 table inet\.0$/,
    /^delete route 203\.0\.113\.0\/24 gw 192\.0\.2\.2 iface epair0a mtu 1500 table inet\.0$/,
    /^delete addr 192\.0\.2\.1\/24 iface epair0a $/,
    /^delete iface iface#\d+ epair0a admin \S+ oper \S+ mtu 1500 $/,
  ]
  const places = expected.map(pattern => lines.findIndex(line => pattern.test(line)))
  expect(places, lines.join('\n')).not.toContain(-1)
  expect(places).toEqual([...places].sort((a, b) => a - b))
})
