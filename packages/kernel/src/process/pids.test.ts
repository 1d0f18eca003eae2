import { describe, expect, it } from 'vitest'
import { createPids, PID_MAX } from './pids.ts'

describe('createPids', () => {
  it('answers EAGAIN when every id of an ordinary process is in use', () => {
    const pids = createPids(1 << 24)
    for (let pid = 100; pid < PID_MAX; pid++) pids.next()
    expect(pids.next()).toBe(PID_MAX)
    expect(() => pids.next()).toThrow('EAGAIN: all process ids from 100 to 99999 are in use')
    pids.release(4711)
    expect(pids.next()).toBe(4711)
  })
})
