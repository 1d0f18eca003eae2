import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line, `N passed, N failed`, for whoever reads only the end of a log. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
    }
    const broken = modules.filter(module => module.errors().length > 0).length
    const skipped = count.skipped + count.pending
    const line = `${count.passed} passed, ${count.failed + broken} failed`
    console.log(skipped === 0 ? line : `${line}, ${skipped} skipped`)
  }
}
