/** A plain model of the interface registry: maps, arrays and the rules of ifnet(9), without concurrency. */

export interface ModelIf {
  readonly index: number
  readonly gen: number
  readonly cloner: 'em' | 'pair'
  readonly instance: ModelInstance
  name: string
  vnet: number
  readonly home: number
  moves: number
  freed: boolean
  up: boolean
  mtu: number
  promisc: number
  description: string | undefined
  groups: string[]
  addresses: string[]
}

export interface ModelInstance {
  readonly unit: number
  readonly vnet: number
  readonly interfaces: ModelIf[]
}

export interface ModelNet {
  readonly vnet: number
  /** In order of attachment. */
  list: ModelIf[]
  /** Members in order of joining. */
  readonly groups: Map<string, ModelIf[]>
  dying: boolean
}

/** What a model operation answers. */
export type Outcome = string

export type Model = ReturnType<typeof createModel>

/** A model with the initial network stack. */
export function createModel() {
  const nets = new Map<number, ModelNet>()
  const slots: (ModelIf | undefined)[] = [undefined]
  const gens: number[] = [0]
  const log: string[] = []

  function addNet(vnet: number): Outcome {
    if (nets.has(vnet)) return 'exists'
    nets.set(vnet, { vnet, list: [], groups: new Map(), dying: false })
    return 'ok'
  }

  function net(vnet: number): ModelNet {
    const found = nets.get(vnet)
    if (found === undefined) throw new Error(`the model has no network stack ${vnet}`)
    return found
  }

  function byName(vnet: number, name: string): ModelIf | undefined {
    return nets.get(vnet)?.list.find(ifp => ifp.name === name)
  }

  function create(vnet: number, cloner: 'em' | 'pair', wanted: number | undefined): Outcome {
    const stack = net(vnet)
    const name = wanted === undefined ? cloner : `${cloner}${wanted}`
    if (byName(vnet, name) !== undefined) return 'EEXIST'
    const names = (unit: number): string[] => (cloner === 'em' ? [`em${unit}`] : [`pair${unit}a`, `pair${unit}b`])
    const free = (unit: number): boolean =>
      !unitUsed(vnet, cloner, unit) && names(unit).every(other => byName(vnet, other) === undefined)
    let unit = wanted ?? 0
    if (wanted === undefined) while (!free(unit)) unit += 1
    else if (!free(unit)) return 'EEXIST'
    const instance: ModelInstance = { unit, vnet, interfaces: [] }
    for (const ifname of names(unit)) instance.interfaces.push(allocate(vnet, cloner, instance, ifname))
    for (const ifp of instance.interfaces) attach(stack, ifp)
    for (const ifp of instance.interfaces) join(stack, ifp, cloner)
    return 'ok'
  }

  function unitUsed(vnet: number, cloner: string, unit: number): boolean {
    return slots.some(
      ifp => ifp !== undefined && ifp.cloner === cloner && ifp.instance.vnet === vnet && ifp.instance.unit === unit,
    )
  }

  function allocate(vnet: number, cloner: 'em' | 'pair', instance: ModelInstance, name: string): ModelIf {
    let index = 1
    while (slots[index] !== undefined) index += 1
    gens[index] ??= 0
    const ifp: ModelIf = {
      index,
      gen: gens[index] ?? 0,
      cloner,
      instance,
      name,
      vnet,
      home: vnet,
      moves: 0,
      freed: false,
      up: false,
      mtu: 1500,
      promisc: 0,
      description: undefined,
      groups: [],
      addresses: [],
    }
    slots[index] = ifp
    return ifp
  }

  function say(net: ModelNet, text: string): void {
    log.push(`${net.vnet} ${text}`)
  }

  function attach(net: ModelNet, ifp: ModelIf): void {
    join(net, ifp, 'all')
    net.list.push(ifp)
    say(net, `arrival ${ifp.name}`)
  }

  function join(net: ModelNet, ifp: ModelIf, group: string): Outcome {
    if (ifp.groups.includes(group)) return 'EEXIST'
    ifp.groups.push(group)
    const members = net.groups.get(group)
    if (members === undefined) {
      net.groups.set(group, [ifp])
      say(net, `group attach ${group}`)
    } else members.push(ifp)
    say(net, `group change ${group}`)
    return 'ok'
  }

  function leave(net: ModelNet, ifp: ModelIf, group: string): Outcome {
    const members = net.groups.get(group)
    if (members === undefined || !members.includes(ifp)) return 'ENOENT'
    members.splice(members.indexOf(ifp), 1)
    ifp.groups = ifp.groups.filter(name => name !== group)
    if (members.length === 0) net.groups.delete(group)
    say(net, `group change ${group}`)
    if (members.length === 0) say(net, `group detach ${group}`)
    return 'ok'
  }

  function leaveStack(ifp: ModelIf): void {
    const stack = net(ifp.vnet)
    stack.list.splice(stack.list.indexOf(ifp), 1)
    for (const group of [...ifp.groups]) leave(stack, ifp, group)
    say(stack, `down ${ifp.name}`)
    say(stack, `message ${ifp.name} up`)
    ifp.up = false
    if (!stack.dying) for (const address of ifp.addresses) say(stack, `delete ${address} ${ifp.name}`)
    ifp.addresses = []
    say(stack, `departure ${ifp.name}`)
  }

  function destroyInstance(instance: ModelInstance): void {
    for (const ifp of instance.interfaces) {
      leaveStack(ifp)
      slots[ifp.index] = undefined
      gens[ifp.index] = ifp.gen + 1
      ifp.freed = true
    }
  }

  function destroy(vnet: number, name: string): Outcome {
    const ifp = byName(vnet, name)
    if (ifp === undefined) return 'ENXIO'
    destroyInstance(ifp.instance)
    return 'ok'
  }

  function move(ifp: ModelIf, to: number, name: string): void {
    leaveStack(ifp)
    ifp.vnet = to
    ifp.name = name
    ifp.moves += 1
    const stack = net(to)
    join(stack, ifp, 'all')
    join(stack, ifp, ifp.cloner)
    stack.list.push(ifp)
    say(stack, `arrival ${name}`)
  }

  function loan(from: number, name: string, to: number): Outcome {
    if (!nets.has(to)) return 'ENXIO'
    const ifp = byName(from, name)
    if (ifp === undefined) return 'ENXIO'
    if (from === to || byName(to, name) !== undefined) return 'EEXIST'
    move(ifp, to, name)
    return 'ok'
  }

  function destroyNet(vnet: number): Outcome {
    const net = nets.get(vnet)
    if (net === undefined) return 'ENXIO'
    net.dying = true
    const next = (): ModelIf | undefined =>
      net.list[0] ?? [...nets.values()].flatMap(({ list }) => list).find(ifp => ifp.home === vnet)
    for (let ifp = next(); ifp !== undefined; ifp = next()) {
      const home = nets.get(ifp.home)
      if (home !== undefined && home !== net) move(ifp, home.vnet, freeName(home.vnet, ifp))
      else destroyInstance(ifp.instance)
    }
    nets.delete(vnet)
    return 'ok'
  }

  function freeName(vnet: number, ifp: ModelIf): string {
    if (byName(vnet, ifp.name) === undefined) return ifp.name
    let unit = 0
    while (byName(vnet, `${ifp.cloner}${unit}`) !== undefined) unit += 1
    return `${ifp.cloner}${unit}`
  }

  function rename(ifp: ModelIf, name: string): Outcome {
    if (name === '') return 'EINVAL'
    if (name.length > 15) return 'ENAMETOOLONG'
    if (name === ifp.name) return 'ok'
    if (byName(ifp.vnet, name) !== undefined) return 'EEXIST'
    const stack = net(ifp.vnet)
    say(stack, `departure ${ifp.name}`)
    ifp.name = name
    say(stack, `arrival ${name}`)
    return 'ok'
  }

  function addAddress(ifp: ModelIf, address: string): Outcome {
    const stack = net(ifp.vnet)
    if (ifp.addresses.includes(address)) say(stack, `change ${address} ${ifp.name}`)
    else {
      ifp.addresses.push(address)
      say(stack, `add ${address} ${ifp.name}`)
    }
    return 'ok'
  }

  function removeAddress(ifp: ModelIf, address: string): Outcome {
    if (!ifp.addresses.includes(address)) return 'EADDRNOTAVAIL'
    ifp.addresses = ifp.addresses.filter(other => other !== address)
    say(net(ifp.vnet), `delete ${address} ${ifp.name}`)
    return 'ok'
  }

  function setUp(ifp: ModelIf, up: boolean): Outcome {
    if (ifp.up === up) return 'ok'
    const stack = net(ifp.vnet)
    const event = `${up ? 'up' : 'down'} ${ifp.name}`
    const message = `message ${ifp.name} up`
    for (const text of up ? [message, event] : [event, message]) say(stack, text)
    ifp.up = up
    return 'ok'
  }

  function setMtu(ifp: ModelIf, mtu: number): Outcome {
    if (mtu < 72 || mtu > 65535) return 'EINVAL'
    say(net(ifp.vnet), `message ${ifp.name} other`)
    ifp.mtu = mtu
    return 'ok'
  }

  function setDescription(ifp: ModelIf, description: string): Outcome {
    if (description.length > 1023) return 'ENAMETOOLONG'
    ifp.description = description === '' ? undefined : description
    return 'ok'
  }

  function setPromisc(ifp: ModelIf, on: boolean): Outcome {
    const before = ifp.promisc
    ifp.promisc += on ? 1 : -1
    if (before === 0 || ifp.promisc === 0) say(net(ifp.vnet), `message ${ifp.name} other`)
    return 'ok'
  }

  addNet(0)
  return {
    nets,
    slots,
    gens,
    /** Events that listeners must hear, in order. */
    log,
    net,
    addNet,
    create,
    destroy,
    loan,
    destroyNet,
    join,
    leave,
    rename,
    addAddress,
    removeAddress,
    setUp,
    setMtu,
    setPromisc,
    setDescription,
  }
}
