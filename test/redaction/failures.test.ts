import { describe, expect, it } from 'vitest'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { CANARY_FAILURES, type CanaryFailure } from '../support/canary-failures.ts'
import { canaryProvider, HTTP_TYPES } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { divertedClient } from '../support/diverted-client.ts'
import { testClient } from '../support/http-client.ts'

describe.each(Object.entries(CANARY_FAILURES))('%s', (_name, failure) => {
  it('shows no secret of any type', async () => {
    const canaries = createCanaries()
    const http = testClient({
      resolve: async () => Promise.reject(notFound()),
      connectionsPerOrigin: HTTP_TYPES.length,
    })
    const failing = await failure.make((what) => canaries.plant(what))
    const relay = await createCanaryRelay(divertedClient(http, failing.origin, canaries))
    await relay.deliverTo(providersFailing(canaries, failing))
    const records = await relay.harness.records()
    expect(records).toHaveLength(HTTP_TYPES.length)
    for (const record of records) expect(record.reason).toMatch(failure.reason)
    expectNoLeaks(canaries, await relay.outputs())
  })
})

function notFound(): Error {
  return Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
}

type Failing = Awaited<ReturnType<CanaryFailure['make']>>

function providersFailing(canaries: Canaries, failing: Failing) {
  return HTTP_TYPES.map((type, index) =>
    canaryProvider(canaries, {
      type,
      name: `p${index}`,
      variant: index % 2 === 0 ? 'secret' : 'inline',
      path: 'alpha',
      ...failing,
    }),
  )
}
