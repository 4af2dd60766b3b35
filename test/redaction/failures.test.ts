import { describe, expect, it } from 'vitest'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { CANARY_FAILURES, type CanaryFailure } from '../support/canary-failures.ts'
import { type CanaryTarget, canaryProvider, HTTP_TYPES } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { divertedClient } from '../support/diverted-client.ts'
import { shareOf } from '../support/full-size.ts'
import { testClient } from '../support/http-client.ts'

/** One type in so many fails in a way, and the next ones in the next way. */
const SHARES = 6

const FAILURES = Object.entries(CANARY_FAILURES).map(
  ([name, failure], turn) => [name, failure, turn] as const,
)

describe.each(FAILURES)('%s', (_name, failure, turn) => {
  it('shows no secret of any type', async () => {
    const canaries = createCanaries()
    const http = testClient({
      resolve: async () => Promise.reject(notFound()),
      connectionsPerOrigin: HTTP_TYPES.length,
    })
    const failing = await failure.make((what) => canaries.plant(what))
    const relay = await createCanaryRelay(divertedClient(http, failing.origin, canaries))
    const types = shareOf(HTTP_TYPES, SHARES, turn)
    await relay.deliverTo(
      types.map((type, index) =>
        providerFailing(canaries, failing, {
          type,
          name: `p${index}`,
          variant: (index + turn) % 2 === 0 ? 'secret' : 'inline',
        }),
      ),
    )
    const records = await relay.harness.records()
    expect(records).toHaveLength(types.length)
    for (const record of records) expect(record.reason).toMatch(failure.reason)
    expectNoLeaks(canaries, await relay.outputs())
  })
})

function notFound(): Error {
  return Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
}

type Failing = Awaited<ReturnType<CanaryFailure['make']>>

function providerFailing(
  canaries: Canaries,
  failing: Failing,
  target: Pick<CanaryTarget, 'type' | 'name' | 'variant'>,
) {
  return canaryProvider(canaries, { ...target, path: 'alpha', ...failing })
}
