import { readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import { Session } from './child.ts'
import type { Mutant } from './mutants.ts'
import type { Target } from './targets.ts'

/** Which test files call what. */
export interface Reach {
  /** Test files that call the function that a mutant is in; for what runs at an import, its module. */
  testsOf(mutant: Mutant): readonly string[]
  /** Milliseconds that each test file took. */
  readonly durations: ReadonlyMap<string, number>
}

const LONGEST_MS = 30 * 60_000

/** Runs the tests of a folder once, to learn which call what. */
export async function reach(
  { folder }: Target,
  tests: readonly string[],
  traceFile: string,
): Promise<Reach> {
  const session = new Session([folder], traceFile)
  try {
    const ran = await session.run({ tests }, LONGEST_MS)
    if (ran === undefined) throw new Error(`the tests of ${folder} do not end`)
    for (const test of ran.failed) {
      process.stdout.write(`${test} fails without any fault, and is left out\n`)
    }
    const called = readTrace(traceFile, ran.failed)
    const testsCalling = (isMeant: (call: string) => boolean) =>
      [...called].filter(([, calls]) => [...calls].some(isMeant)).map(([test]) => test)
    return {
      durations: new Map(Object.entries(ran.durations)),
      testsOf({ file, within }) {
        if (within !== undefined) return testsCalling((call) => call === `${file}:${within}`)
        const own = testsCalling((call) => call.startsWith(`${file}:`))
        // A table that nothing but its readers tells of: all that is near it.
        return own.length > 0 ? own : [...called.keys()]
      },
    }
  } finally {
    session.stop()
    rmSync(traceFile, { force: true })
  }
}

interface Line {
  readonly test: string
  readonly calls: readonly string[]
}

function readTrace(
  file: string,
  without: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  const read = lines.map((line) => JSON.parse(line) as Line)
  const traces = read.map(({ test, calls }) => [relative('.', test), new Set(calls)] as const)
  return new Map(traces.filter(([test]) => !without.includes(test)))
}
