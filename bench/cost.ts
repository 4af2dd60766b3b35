import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVICE_ROUND_MS, total } from './cost/bill.ts'
import { buildDeployment } from './cost/build.ts'
import { CostOfBuild } from './cost/measure.ts'
import { MONTH_S, PRICES } from './cost/prices.ts'

/**
 * `npm run bench:cost`: what events and an idle cluster cost on AWS, by list prices, for the functions as
 * they are bundled. What they ask of AWS goes to doubles of the services on this machine, which count it.
 */
const USAGE = `usage: npm run bench:cost -- [options]

  --base DIR       measure the sources in this folder beside, such as a git worktree with node_modules
  --json PATH      write the numbers to this file
  --requests N     requests of one event that are measured (50)
  --batches N      requests of 100 events that are measured (3)
  --warm-up N      events before each of them (100)
  --memory         measure too what dispatch takes with 10,000 Alerts
  --strict         fail when a target is missed
`

const PROJECT = resolve(import.meta.dirname, '..')
const EVENTS_PER_BATCH = 100
const MANY_ALERTS = 10_000

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    json: { type: 'string' },
    requests: { type: 'string', default: '50' },
    batches: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '100' },
    memory: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [requests, batches, warmUp] = [values.requests, values.batches, values['warm-up']].map(Number)

if (values.help) process.stdout.write(USAGE)
else if (!requests || !batches || !warmUp) throw new Error(`expected whole numbers\n${USAGE}`)
else await compare({ requests, batches, warmUp })

interface Scale {
  readonly requests: number
  readonly batches: number
  readonly warmUp: number
}

type Measured = Awaited<ReturnType<typeof measure>>

async function compare(scale: Scale): Promise<void> {
  const base = values.base === undefined ? undefined : await measure(resolve(values.base), scale)
  const present = await measure(PROJECT, scale)
  const rows = rowsOf(present, base)
  process.stdout.write(`${formatTable(rows, base !== undefined)}\n`)
  for (const { commit, memory } of base ? [base, present] : [present]) {
    if (memory.memoryMiB === undefined) continue
    const text = `dispatch takes ${memory.memoryMiB.toFixed(0)} MiB with ${MANY_ALERTS} Alerts`
    process.stdout.write(`${commit}: ${text}\n`)
  }
  if (values.json !== undefined) {
    const about = { at: new Date().toISOString(), node: process.version, ...scale }
    const assumed = { serviceRoundMs: SERVICE_ROUND_MS, monthSeconds: MONTH_S }
    const report = { ...about, prices: PRICES, assumed, rows, present, base }
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
  const isMissed = ({ value, target }: Row) => target !== undefined && value > target
  if (values.strict && rows.some(isMissed)) process.exitCode = 1
}

async function measure(project: string, { requests, batches, warmUp }: Scale) {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-cost-'))
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: project })
  process.stderr.write(`measuring ${project} …\n`)
  let cost: CostOfBuild | undefined
  try {
    cost = await CostOfBuild.open(buildDeployment(project, folder))
    const single = await cost.measureLoad(warmUp, { requests, eventsPerRequest: 1 })
    const batch = { requests: batches, eventsPerRequest: EVENTS_PER_BATCH }
    const batched = await cost.measureLoad(Math.ceil(warmUp / EVENTS_PER_BATCH), batch)
    const idle = await cost.measureIdle()
    const checkReadUnits = await cost.measureCheck()
    const memoryMiB = values.memory ? await cost.measureMemory(MANY_ALERTS) : undefined
    const memory = { alerts: MANY_ALERTS, memoryMiB }
    return { commit: String(commit).trim(), single, batched, idle, checkReadUnits, memory }
  } finally {
    await cost?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Row {
  readonly measure: string
  /** Dollars. */
  readonly value: number
  readonly target?: number
  readonly base?: number
}

function rowsOf(present: Measured, base: Measured | undefined): readonly Row[] {
  const row = (measure: string, of: (it: Measured) => number, target?: number): Row => ({
    ...{ measure, value: of(present) },
    ...(target !== undefined && { target }),
    ...(base && { base: of(base) }),
  })
  const parts = (load: 'single' | 'batched') =>
    Object.keys(present[load].perMillion).map((name) =>
      row(`  ${name}`, (it) => it[load].perMillion[name] ?? 0),
    )
  return [
    row('a million single events', ({ single }) => total(single.perMillion), 7),
    ...parts('single'),
    row('  without the wait', ({ single }) => withoutWait(single), 5.2),
    row('  by the URL of ingest', ({ single }) => byUrl(single), 7),
    row(
      '  by it, without the wait',
      ({ single }) => byUrl(single) - single.sinkWaitPerMillion,
      5.2,
    ),
    row('a million in batches of 100', ({ batched }) => total(batched.perMillion), 3),
    ...parts('batched'),
    row('  without the wait', ({ batched }) => withoutWait(batched), 2.8),
    row('  by the URL of ingest', ({ batched }) => byUrl(batched), 3),
    row('an idle cluster a month', ({ idle }) => total(idle), 0.6),
    ...Object.keys(present.idle).map((name) => row(`  ${name}`, ({ idle }) => idle[name] ?? 0)),
  ]
}

/** What it costs by a URL of ingest (`publicIngestUrl`), past the API. */
function byUrl({ perMillion, apiPerMillion }: Measured['single']): number {
  return total(perMillion) - apiPerMillion
}

function withoutWait({ perMillion, sinkWaitPerMillion }: Measured['single']): number {
  return total(perMillion) - sinkWaitPerMillion
}

function formatTable(rows: readonly Row[], hasBase: boolean): string {
  const dollars = (value: number | undefined) => (value === undefined ? '' : value.toFixed(3))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = ['dollars', ...(hasBase ? ['base'] : []), 'now', 'target', '']
  const width = Math.max(...rows.map(({ measure }) => measure.length))
  return [
    line([head[0]?.padEnd(width) ?? '', ...head.slice(1).map((title) => title.padStart(7))]),
    line(head.map((_, column) => '-'.repeat(column === 0 ? width : 7))),
    ...rows.map(({ measure, value, target, base }) =>
      line([
        measure.padEnd(width),
        ...(hasBase ? [dollars(base).padStart(7)] : []),
        dollars(value).padStart(7),
        (target === undefined ? '' : `<= ${target}`).padStart(7),
        (target === undefined ? '' : value <= target ? 'met' : 'missed').padStart(7),
      ]),
    ),
  ].join('\n')
}
