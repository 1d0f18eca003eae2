import type { FamilyInfo } from '@nltool/nl-genl'
import { describe, expect, it } from 'vitest'
import { familyJson, formatFamily } from './text.ts'

const nlctrl: FamilyInfo = {
  id: 0x10,
  name: 'nlctrl',
  version: 2,
  hdrsize: 0,
  maxattr: 10,
  ops: [{ cmd: 3, flags: 0xe }],
  groups: [{ name: 'notify', id: 0x30 }],
}
const bare: FamilyInfo = { ...nlctrl, id: 0x1f, name: 'bare', version: 0, maxattr: 0, ops: [], groups: [] }

describe('formatFamily', () => {
  it('prints a family as genl(1) does', () => {
    expect(formatFamily.freebsd(nlctrl)).toBe(
      'Name: nlctrl\n' +
        '\tID: 0x10, Version: 0x2, header size: 0, max attributes: 10\n' +
        '\tsupported operations: \n' +
        '\t  - ID: 0x3, Capabilities: 0xe (can modify; can get/dump; has policy)\n' +
        '\tmulticast groups: \n' +
        '\t  - ID: 0x30, Name: notify\n',
    )
  })

  it('prints zero without a prefix and leaves out what a family does not have', () => {
    expect(formatFamily.freebsd(bare)).toBe('Name: bare\n\tID: 0x1f, Version: 00, header size: 0, max attributes: 0\n')
    expect(formatFamily.freebsd({ ...bare, ops: [{ cmd: 1, flags: 0 }] })).toContain(
      '\t  - ID: 0x1, Capabilities: 00\n',
    )
  })

  it('prints a family as genl-ctrl-list -d does', () => {
    const linux = {
      ...nlctrl,
      maxattr: 0,
      ops: [...nlctrl.ops, { cmd: 10, flags: 0xc }],
      groups: [{ name: 'notify', id: 0x10 }],
    }
    expect(formatFamily.libnl(linux)).toBe(`0x0010 nlctrl version 2
    hdrsize 0 maxattr 0
      op GETFAMILY (0x03) <has_doit,has_dump,has_policy>
      op unknown (0x0a) <has_dump,has_policy>
      grp notify (0x10)
`)
  })

  it('prints a family as genl ctrl list of iproute2 does', () => {
    const linux = {
      ...nlctrl,
      maxattr: 0,
      ops: [...nlctrl.ops, { cmd: 10, flags: 0xc }],
      groups: [{ name: 'notify', id: 0x10 }],
    }
    expect(formatFamily.iproute2(linux)).toBe(
      '\nName: nlctrl\n' +
        '\tID: 0x10  Version: 0x2  header size: 0  max attribs: 0 \n' +
        '\tcommands supported: \n' +
        '\t\t#1:  ID-0x3 \n' +
        '\t\tCapabilities (0xe):\n' +
        ' \t\t  can doit; can dumpit; has policy\n' +
        '\n' +
        '\t\t#2:  ID-0xa \n' +
        '\t\tCapabilities (0xc):\n' +
        ' \t\t  can dumpit; has policy\n' +
        '\n' +
        '\n' +
        '\tmulticast groups:\n' +
        '\t\t#1:  ID-0x10  name: notify \n' +
        '\n',
    )
  })
})

describe('familyJson', () => {
  it('has the names and forms of genl -j', () => {
    expect(familyJson(nlctrl)).toEqual({
      family: 'nlctrl',
      id: '0x10',
      version: '0x2',
      header_size: 0,
      max_attr: 10,
      operations: [{ id: '0x3', capabilities: ['do', 'dump', 'policy'] }],
      mcast: [{ id: '0x30', name: 'notify' }],
    })
  })
})
