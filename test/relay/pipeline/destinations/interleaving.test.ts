import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runsOf } from '../../../support/full-size.ts'
import { type Step, WaitingSimulation } from '../../../support/waiting-simulation.ts'

const PROVIDERS = 3
const provider = fc.nat(PROVIDERS - 1)

const arrivals = fc.record({ kind: fc.constant('arrive' as const), provider })
const passing = fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(200) })
const longPassing = fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(60_000) })
const answers = fc.record({
  kind: fc.constant('answers' as const),
  provider,
  as: fc.constantFrom('well' as const, 'slowly' as const, 'ill' as const, 'limited' as const),
})
const burst = fc
  .tuple(provider, fc.integer({ min: 90, max: 420 }))
  .map(([provider, count]) =>
    Array.from({ length: count }, (): Step => ({ kind: 'arrive', provider })),
  )
const one = (steps: fc.Arbitrary<Step>) => steps.map((step) => [step])

const calm = [
  { arbitrary: one(arrivals), weight: 6 },
  { arbitrary: one(passing), weight: 3 },
  { arbitrary: one(longPassing), weight: 1 },
  { arbitrary: one(answers), weight: 1 },
  { arbitrary: burst, weight: 1 },
]
/** Weighted so that a host is often full while something comes to it that was accepted long before. */
const wild = [
  ...calm,
  { arbitrary: burst, weight: 3 },
  { arbitrary: one(answers), weight: 3 },
  { arbitrary: one(fc.constant({ kind: 'crash' as const })), weight: 1 },
  { arbitrary: one(fc.record({ kind: fc.constant('move' as const), provider })), weight: 4 },
  {
    arbitrary: one(fc.record({ kind: fc.constant('store' as const), fails: fc.boolean() })),
    weight: 1,
  },
]

async function simulate(steps: readonly (readonly Step[])[]): Promise<WaitingSimulation> {
  const simulation = new WaitingSimulation()
  await simulation.run(steps.flat())
  await simulation.finish()
  return simulation
}

describe('deliveries that wait, whatever happens', () => {
  it('are all delivered, none twice at once, never more than there are places', async () => {
    const steps = fc.array(fc.oneof(...wild), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const { accepted, delivered, faults, store } = await simulate(steps)
        expect(faults).toEqual([])
        expect(delivered.size).toBe(accepted.length)
        expect([...store.rows.keys()]).toEqual([])
      }),
      { numRuns: runsOf(50) },
    )
  }, 60_000)

  it('are first tried in the order of their events, each Provider for itself', async () => {
    const steps = fc.array(fc.oneof(...calm), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const { firstTries, faults } = await simulate(steps)
        expect(faults).toEqual([])
        for (const tries of firstTries.values()) expect(tries).toEqual(tries.toSorted())
      }),
      { numRuns: runsOf(20) },
    )
  }, 60_000)
})
