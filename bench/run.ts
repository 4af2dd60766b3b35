import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { InterruptedError, runBench } from './processes.ts'
import { PROJECT, startFlags } from './relay-process.ts'
import { formatResults, type Outcome, type Row, verdictOf } from './report.ts'
import type { Scale } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

/**
 * `npm run bench -- [NAME…]`: what the relay takes, as ratios within one run. Prints a table, and
 * writes it with the numbers behind it to `--json PATH`. Fails when a scenario could not be run,
 * and with `--strict` also when a target is missed.
 */
const USAGE = `usage: npm run bench -- [options] [name…]

  --json PATH      write the rows and the numbers behind them to this file
  --rounds N       make each comparison so often; the median counts (1)
  --seconds N      longest time of one load (60)
  --divisor N      divide the events of the burst and of the long queue, for a quick look (1)
  --strict         fail when a target is missed

names (all of them, unless some are given):
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}
`

interface Result {
  readonly name: string
  readonly outcome?: Outcome
  readonly error?: string
  readonly isInterrupted?: boolean
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    divisor: { type: 'string', default: '1' },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !SCENARIOS.some((it) => it.name === name))
const scale = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  divisor: Number(values.divisor),
}
const isUsable = Object.values(scale).every((value) => Number.isInteger(value) && value > 0)

if (values.help) process.stdout.write(USAGE)
else if (process.platform !== 'linux') fail('it reads CPU and memory of processes from /proc')
else if (unknown !== undefined) fail(`there is no measure ${unknown}\n\n${USAGE}`)
else if (!isUsable) fail(`--rounds, --seconds and --divisor are whole numbers above 0\n\n${USAGE}`)
else await runScenarios(scale)

function fail(text: string): void {
  process.stderr.write(`npm run bench: ${text}\n`)
  process.exitCode = 1
}

async function runScenarios(scale: Scale): Promise<void> {
  const results: Result[] = []
  for (const { name } of SCENARIOS) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const result = await runScenario(name, scale)
    results.push(result)
    // What is measured by then is shown also when a signal ends the run.
    if (result.isInterrupted) break
  }
  const rows = results.flatMap(({ outcome }) => outcome?.rows ?? [])
  if (rows.length > 0) process.stdout.write(`\n${formatResults(rows)}\n`)
  if (values.json !== undefined) writeJson(values.json, results, scale)
  const hasFailed = results.some(({ error }) => error !== undefined)
  if (hasFailed || (values.strict && rows.some((row) => verdictOf(row) === 'missed')))
    process.exitCode = 1
}

async function runScenario(name: string, scale: Scale): Promise<Result> {
  const scenario = SCENARIOS.find((it) => it.name === name)
  const start = performance.now()
  let outcome: Outcome | undefined
  try {
    await runBench(async (bench) => {
      outcome = await scenario?.measure(bench, scale)
    })
  } catch (error) {
    const text = (error as Error).message
    process.stderr.write(`${name} could not be run: ${text}\n`)
    return { name, error: text, isInterrupted: error instanceof InterruptedError }
  }
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  const text = outcome?.skipped === undefined ? `done in ${seconds} s` : outcome.skipped
  process.stderr.write(`${name}: ${text}\n`)
  for (const row of outcome?.rows ?? []) process.stderr.write(`  ${lineOf(row)}\n`)
  return { name, ...(outcome && { outcome }) }
}

/** What is known already, for who does not want to wait for the table. */
function lineOf(row: Row): string {
  return `${verdictOf(row).padEnd(6)} ${row.measure}: ${row.measured}`
}

function writeJson(path: string, results: readonly Result[], scale: Scale): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    ...{ cwd: PROJECT, encoding: 'utf8' },
  }).trim()
  const rows = results.flatMap(({ outcome }) => outcome?.rows ?? [])
  const report = {
    ...{ commit, at: new Date().toISOString(), node: process.version },
    ...{ cores: cpus().length, cpu: cpus()[0]?.model, startFlags: startFlags(), ...scale },
    rows: rows.map((row) => ({ ...row, verdict: verdictOf(row) })),
    scenarios: results.map(({ name, outcome, error }) => ({
      ...{ name, skipped: outcome?.skipped, error, details: outcome?.details },
    })),
  }
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
}
