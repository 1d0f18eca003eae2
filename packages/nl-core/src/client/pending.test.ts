import { describe, expect, it } from 'vitest'
import { createPendingTable, type OpenBarrier, openRecord, type PendingTable } from './pending.ts'

function open(table: PendingTable, count = 1): OpenBarrier {
  const pending: OpenBarrier = { kind: 'barrier', ...openRecord(table.next(count), count, 0, 0) }
  table.open(pending)
  return pending
}

describe('createPendingTable', () => {
  it('numbers records one after another and finds each by any of its numbers', () => {
    const table = createPendingTable(10)
    const one = open(table)
    const three = open(table, 3)
    expect([one.seq, three.seq, table.next(1)]).toEqual([10, 11, 14])
    expect([9, 10, 11, 12, 13, 14].map(seq => table.find(seq))).toEqual([
      undefined,
      one,
      three,
      three,
      three,
      undefined,
    ])
  })

  it('leaves out 0 when it comes to the end of the numbers, and breaks no record there', () => {
    const table = createPendingTable(0xffff_fffe)
    expect([open(table).seq, open(table).seq, open(table).seq]).toEqual([0xffff_fffe, 0xffff_ffff, 1])
    const other = createPendingTable(0xffff_fffe)
    const wide = open(other, 3)
    expect(wide.seq).toBe(1)
    expect(other.find(3)).toBe(wide)
    expect(createPendingTable(0).next(1)).toBe(1)
  })

  it('grows when it would overtake a record that stays open', () => {
    const table = createPendingTable(1)
    const old = open(table)
    const records = Array.from({ length: 1000 }, () => open(table))
    for (const record of records.slice(0, 990)) table.close(record)
    const wide = open(table, 5000)
    expect(table.find(old.seq)).toBe(old)
    expect(table.find(wide.seq + 4999)).toBe(wide)
    expect(table.size).toBe(12)
    expect(table.list().map(({ seq }) => seq)).toEqual([old.seq, ...records.slice(990).map(({ seq }) => seq), wide.seq])
  })

  it('forgets a record that is closed, once', () => {
    const table = createPendingTable(1)
    const record = open(table, 2)
    table.close(record)
    table.close(record)
    expect(table.size).toBe(0)
    expect(table.find(2)).toBe(undefined)
    expect(table.list()).toEqual([])
  })

  it('lists the oldest first across the end of the numbers', () => {
    const table = createPendingTable(0xffff_ffff)
    const records = [open(table), open(table), open(table)]
    expect(table.list()).toEqual(records)
  })
})
