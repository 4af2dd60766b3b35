import { describe, expect, it } from 'vitest'
import { createSilence, readSilences } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { createHarness } from '../../../support/relay-harness.ts'

const HOUR_MS = 3_600_000

/** Makes silences of a cluster, each of an hour, one after the other. */
function setUp() {
  const { ports, clock } = createHarness()
  return {
    clock,
    read: async () => readSilences(ports, 'prod'),
    async make(count: number, { match = 'false', reason = 'work' } = {}) {
      const results = []
      for (let n = 0; n < count; n += 1) {
        const endsAt = clock.now() + HOUR_MS
        results.push(await createSilence(ports, 'prod', { match, reason, endsAt }))
      }
      return results
    },
  }
}

describe('the silences of a cluster', () => {
  it('are 200 in force at most', async () => {
    const { clock, make } = setUp()
    const made = await make(201)
    expect(made.slice(0, 200).every(({ kind }) => kind === 'created')).toBe(true)
    expect(made[200]).toEqual({
      kind: 'refused',
      reason: 'the cluster has 200 silences, and no more than 200 may be in force',
    })
    clock.advance(HOUR_MS)
    expect(await make(1)).toMatchObject([{ kind: 'created' }])
  })

  it('have 300 kB together at most', async () => {
    const { make, read } = setUp()
    const reason = '–'.repeat(500)
    const made = await make(200, { match: `'${'–'.repeat(900)}' == ''`, reason })
    expect(made.at(-1)).toEqual({
      kind: 'refused',
      reason: 'the silences of the cluster are too long together; expire some',
    })
    const bytes = Buffer.byteLength(JSON.stringify(await read()))
    expect(bytes).toBeGreaterThan(290_000)
    expect(bytes).toBeLessThanOrEqual(300_000)
  })

  it('are listed after their end, the latest 100, for seven days', async () => {
    const { clock, make, read } = setUp()
    await make(60)
    clock.advance(HOUR_MS)
    await make(60)
    clock.advance(HOUR_MS)
    await make(1)
    const ends = (await read()).map(({ endsAt }) => clock.now() - endsAt)
    const count = (ago: number) => ends.filter((end) => end === ago).length
    expect([count(0), count(HOUR_MS), ends.length]).toEqual([60, 40, 101])
    clock.advance(7 * 24 * HOUR_MS + 2 * HOUR_MS)
    await make(1)
    expect(await read()).toHaveLength(1)
  })
})
