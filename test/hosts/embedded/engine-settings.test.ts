import { execFileSync, spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ROOT } from '../../support/relay-process.ts'

/** Keeps 20 MB, replaces them again and again, and prints the most bytes that the heap had. */
const CHURN = `
  import { getHeapStatistics } from 'node:v8'
  const kept = Array.from({ length: 2_000 }, () => undefined)
  let most = 0
  for (let count = 0; count < 10_000; count += 1) {
    kept[count % kept.length] = Array.from({ length: 1_250 }, () => count)
    if (count % 50 === 0) most = Math.max(most, getHeapStatistics().total_heap_size)
  }
  process.stdout.write(String(most))
`

function mostBytes(first: string): number {
  const args = ['--max-semi-space-size=1', '--input-type=module', '-e', first + CHURN]
  // What V8 does not know it tells on stderr.
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return Number(execFileSync(process.execPath, args, { cwd: ROOT, stdio: [...stdio] }))
}

it('keeps the heap of a process closer to what it needs', () => {
  const bounded = mostBytes(`
    import { tuneEngine } from './hosts/embedded/engine-settings.ts'
    tuneEngine()`)
  expect(bounded).toBeLessThan(mostBytes('') * 0.8)
})

/** Makes short-lived objects in a thread, and prints how much room V8 gave to the young ones there, in MB. */
const YOUNG = `
  import { Worker } from 'node:worker_threads'
  const program = \`
    import { getHeapSpaceStatistics } from 'node:v8'
    const kept = []
    for (let count = 0; count < 100_000; count += 1) kept[count % 20_000] = Array.from({ length: 50 }, () => count)
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
    process.stdout.write(String(Math.round(young.space_size / 1e6)))
  \`
  new Worker(program, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 16 } })
`

function youngMb(first: string): number {
  const args = ['--max-semi-space-size=32', '--input-type=module', '-e', first + YOUNG]
  return Number(execFileSync(process.execPath, args, { cwd: ROOT }))
}

it('leaves a thread its own limit of young objects, whatever the event loop was given', () => {
  // Without it the flag of the command line counts for the thread too.
  expect(youngMb('')).toBeGreaterThan(60)
  expect(
    youngMb(`
    import { tuneEngine } from './hosts/embedded/engine-settings.ts'
    tuneEngine()`),
  ).toBeLessThan(20)
})

it('tells V8 only what it knows', () => {
  const program = `
    import { tuneEngine } from './hosts/embedded/engine-settings.ts'
    tuneEngine()`
  const args = ['--input-type=module', '-e', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT })
  expect(`${status} ${stdout}${stderr}`).toBe('0 ')
})
