/** A step that waits for its time or for its turn. */
export interface Step {
  readonly run: () => void
  readonly label: string
  /** Counts all steps of a scheduler in the order in which they were queued. */
  readonly seq: number
  /** Uptime at which it may run, milliseconds. */
  readonly due: number
  cancelled: boolean
}

/** Steps by due time; equal times in the order of queueing. */
export interface Timers {
  add(step: Step): void
  /** Due time of the first step that still counts. */
  next(): number | undefined
  /** Takes the first step if it is due at `now`. */
  take(now: number): Step | undefined
}

const before = (a: Step, b: Step): boolean => a.due < b.due || (a.due === b.due && a.seq < b.seq)

/** A binary heap: additions and removals cost the logarithm of the number of timers. */
export function createTimers(): Timers {
  const heap: Step[] = []

  function up(at: number, step: Step): void {
    let i = at
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Step
      if (!before(step, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = step
  }

  function down(step: Step): void {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Step, heap[child] as Step)) child += 1
      const below = heap[child] as Step
      if (!before(below, step)) break
      heap[i] = below
      i = child
    }
    heap[i] = step
  }

  function pop(): void {
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) down(last)
  }

  function first(): Step | undefined {
    while (heap[0]?.cancelled) pop()
    return heap[0]
  }

  return {
    add(step) {
      heap.push(step)
      up(heap.length - 1, step)
    },
    next: () => first()?.due,
    take(now) {
      const step = first()
      if (step === undefined || step.due > now) return undefined
      pop()
      return step
    },
  }
}
