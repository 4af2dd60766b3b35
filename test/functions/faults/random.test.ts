import { afterAll, describe, expect, it } from 'vitest'
import { awsRelay } from '../../support/aws-relay.ts'
import { runCampaign } from '../../support/fault-campaign.ts'

const { open } = awsRelay()

/** `FLUX_RELAY_FAULT_SEEDS` sets how many; `FLUX_RELAY_FAULT_SEED` is the first. */
const SEEDS = Number(process.env.FLUX_RELAY_FAULT_SEEDS ?? 1)
const FIRST_SEED = Number(process.env.FLUX_RELAY_FAULT_SEED ?? 1)

const WITHIN_MS = 300_000

describe('faults of all kinds together', () => {
  const totals = new Map<string, number>()

  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    'keep the ledger true and every status newest: seed %i',
    async (seed) => {
      const { violations, counts } = await runCampaign(await open(), seed)
      for (const [name, count] of Object.entries(counts)) {
        totals.set(name, (totals.get(name) ?? 0) + count)
      }
      expect(violations, `seed ${seed}`).toEqual([])
      expect(counts.faults, `seed ${seed}`).toBeGreaterThan(0)
    },
    WITHIN_MS,
  )

  afterAll(() => {
    process.stdout.write(`fault test: ${JSON.stringify(Object.fromEntries(totals))}\n`)
  })
})
