import { writeFileSync } from 'node:fs'
import { runBench } from '../../bench/processes.ts'
import { readOptions, type SoakOptions } from './options.ts'
import { type SoakReport, soak } from './soak.ts'

/**
 * `npm run soak`: three clusters send for an hour while destinations fail, processes are killed, the
 * disk is full and clocks jump. Fails when a rule is broken. All of it is on loopback, and what it
 * started is ended with it.
 */
const say = (text: string) => process.stdout.write(`${text}\n`)
const options = read()
if (options) await run(options)

function read(): SoakOptions | undefined {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`npm run soak: ${(error as Error).message}\n`)
    process.exitCode = 2
    return undefined
  }
}

async function run(soakOptions: SoakOptions): Promise<void> {
  say(`${soakOptions.minutes} minutes, seed ${soakOptions.seed}`)
  await runBench(async (bench) => {
    const report = await soak(bench, soakOptions, say)
    show(report)
    const text = `${JSON.stringify(report, undefined, 2)}\n`
    if (soakOptions.json !== undefined) writeFileSync(soakOptions.json, text)
    else say(text)
    if (report.rules.some(({ isKept }) => !isKept)) process.exitCode = 1
  })
}

function show({ counts, outcomes, rules }: SoakReport): void {
  for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(9)}  ${name}`)
  for (const [name, count] of Object.entries(outcomes)) {
    say(`${String(count).padStart(9)}  in the ledger: ${name}`)
  }
  say('')
  for (const { rule, measured, isKept } of rules) {
    say(`${isKept ? 'kept  ' : 'BROKEN'}  ${rule.padEnd(66)}  ${measured}`)
  }
}
