import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { COVERAGE_FLOORS } from './coverage-floors.ts'

// Says how much of each folder the last run with --coverage ran, beside its floor.
interface Count {
  readonly total: number
  readonly covered: number
}
type Summary = Readonly<Record<string, { readonly lines: Count; readonly branches: Count }>>

const summary = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')) as Summary
const files = Object.entries(summary).map(
  ([path, counts]) => [relative('.', path), counts] as const,
)

process.stdout.write('| folder | lines | floor | branches | floor |\n|---|---|---|---|---|\n')
for (const [glob, floor] of Object.entries(COVERAGE_FLOORS)) {
  const folder = glob.replace('**', '')
  const own = files.filter(([file]) => file.startsWith(folder)).map(([, counts]) => counts)
  const lines = percentOf(own.map((counts) => counts.lines))
  const branches = percentOf(own.map((counts) => counts.branches))
  const cells = [folder, lines, floor.lines, branches, floor.branches]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

function percentOf(counts: readonly Count[]): string {
  const sum = (field: keyof Count) => counts.reduce((all, count) => all + count[field], 0)
  return ((100 * sum('covered')) / Math.max(sum('total'), 1)).toFixed(1)
}
