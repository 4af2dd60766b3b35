import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'

const MAX_ROUNDS = 1_000

const USAGE = 'usage: npm run test:crash -- [--rounds N (default 30, at most 1000)] [--seed S]\n'

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const rounds = Math.min(Number(values.rounds), MAX_ROUNDS)
const seed = Number(values.seed)
if (!Number.isInteger(rounds) || !Number.isInteger(seed)) {
  process.stderr.write(USAGE)
  process.exit(2)
}

const say = (text: string) => process.stdout.write(`${text}\n`)
say(`seed ${seed}`)
const { counts, violations } = await runCampaign({ rounds, seed, onProgress: say })
for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(8)}  ${name}`)
for (const violation of violations) say(`VIOLATION  ${violation}`)
process.exitCode = violations.length === 0 ? 0 : 1
