import { execFileSync, spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ROOT } from '../../support/relay-process.ts'

/** Keeps 20 MB, replaces them again and again, and prints the most bytes that the heap had. */
const CHURN = `
  import { getHeapStatistics } from 'node:v8'
  const kept = Array.from({ length: 2_000 }, () => undefined)
  let most = 0
  for (let count = 0; count < 30_000; count += 1) {
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

it('tells V8 only what it knows', () => {
  const program = `
    import { tuneEngine } from './hosts/embedded/engine-settings.ts'
    tuneEngine()`
  const args = ['--input-type=module', '-e', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT })
  expect(`${status} ${stdout}${stderr}`).toBe('0 ')
})
