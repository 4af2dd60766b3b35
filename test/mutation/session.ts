import { relative, resolve, sep } from 'node:path'
import {
  BaseSequencer,
  createVitest,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node'
import type { Mutant } from './mutants.ts'
import { type Rewriting, rewriting } from './plugin.ts'

/** What the runner asks for; with a mutant, the run ends at the first test that fails. */
export interface Asked {
  /** Files, from the root of the repository. */
  readonly tests: readonly string[]
  readonly mutant?: Mutant
}

/** What became of a run. */
export interface Ran {
  readonly failed: readonly string[]
  /** What the test files took, in milliseconds. */
  readonly durations: Readonly<Record<string, number>>
}

const ROOT = resolve(import.meta.dirname, '../..')

class AsAsked extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files
  }
}

// A process of its own, which `run.ts` ends where a fault makes it run for ever. Vitest stays in it
// from run to run, with the sources that it transformed.
const traced = process.env.TRACE_FILE === undefined ? [] : process.argv.slice(2)
const state: Rewriting = { isTracing: (file) => traced.some((folder) => file.startsWith(folder)) }
const vitest = await start()
process.on('message', (asked: Asked) => {
  run(vitest, asked).then(
    (ran) => process.send?.(ran),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

function start(): Promise<Vitest> {
  return createVitest(
    'test',
    {
      ...{ root: ROOT, config: false, watch: false, reporters: [{}] },
      ...{ include: ['test/**/*.test.ts'], isolate: false, fileParallelism: false },
      // One test that notices is enough, but who calls what all of them tell.
      bail: traced.length === 0 ? 1 : 0,
      env: { SSL_CERT_FILE: '', SSL_CERT_DIR: '' },
      sequence: { sequencer: AsAsked },
      setupFiles: traced.length === 0 ? [] : ['test/mutation/trace.ts'],
      testTimeout: 60_000,
    },
    { plugins: [rewriting(ROOT, state)] },
  )
}

async function run(vitest: Vitest, { tests, mutant }: Asked): Promise<Ran> {
  const changed = mutant && resolve(ROOT, mutant.file)
  state.mutant = mutant
  if (changed) vitest.invalidateFile(changed)
  const all = await vitest.globTestSpecifications()
  const specifications = tests.flatMap((test) =>
    all.filter(({ moduleId }) => moduleId === resolve(ROOT, test)),
  )
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  state.mutant = undefined
  if (changed) vitest.invalidateFile(changed)
  const failed = testModules.filter((module) => module.state() === 'failed').map(nameOf)
  return {
    failed: unhandledErrors.length > 0 ? [...failed, String(unhandledErrors[0])] : failed,
    durations: Object.fromEntries(
      testModules.map((module) => [nameOf(module), module.diagnostic().duration]),
    ),
  }
}

function nameOf({ moduleId }: TestModule): string {
  return relative(ROOT, moduleId).replaceAll(sep, '/')
}
