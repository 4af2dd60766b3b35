import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'

const MAX_ROUNDS = 1_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const rounds = Math.min(Number(values.rounds), MAX_ROUNDS)
const seed = Number(values.seed)
if (!Number.isInteger(rounds) || !Number.isInteger(seed)) {
  throw new Error('usage: npm run test:crash -- --rounds N [--seed S]')
}

const say = (text: string) => process.stdout.write(`${text}\n`)
say(`seed ${seed}`)
const { counts, violations } = await runCampaign({ rounds, seed, onProgress: say })
for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(8)}  ${name}`)
for (const violation of violations) say(`VIOLATION  ${violation}`)
process.exitCode = violations.length === 0 ? 0 : 1
