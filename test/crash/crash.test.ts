import { expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'

const ROUNDS = 5
const WITHIN_MS = 120_000

it(
  'keeps the ledger true and every status newest over kills at random moments',
  async () => {
    const seed = Date.now() % 1_000_000
    const { counts, violations } = await runCampaign({ rounds: ROUNDS, seed })
    process.stdout.write(`crash test: ${JSON.stringify({ seed, ...counts })}\n`)

    expect(violations, `seed ${seed}`).toEqual([])
    expect(counts['events acknowledged']).toBeGreaterThan(0)
  },
  WITHIN_MS,
)
