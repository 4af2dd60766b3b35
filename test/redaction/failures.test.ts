import { describe, expect, it } from 'vitest'
import { providerTypes } from '../../relay/providers/registry.ts'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { CANARY_FAILURES, type CanaryFailure } from '../support/canary-failures.ts'
import { canaryProvider } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { testClient } from '../support/http-client.ts'

describe.each(Object.entries(CANARY_FAILURES))('%s', (_name, failure) => {
  it('shows no secret of any type', async () => {
    const canaries = createCanaries()
    const http = testClient({ resolve: async () => Promise.reject(notFound()) })
    const relay = await createCanaryRelay(http)
    await relay.deliverTo(await providersFailing(canaries, failure))
    const records = await relay.harness.records()
    expect(records).toHaveLength(providerTypes.size)
    for (const record of records) expect(record.reason).toMatch(failure.reason)
    expectNoLeaks(canaries, await relay.outputs())
  })
})

function notFound(): Error {
  return Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
}

async function providersFailing(canaries: Canaries, failure: CanaryFailure) {
  const failing = await failure.make((what) => canaries.plant(what))
  return [...providerTypes.values()].map((type, index) =>
    canaryProvider(canaries, {
      type,
      name: `p${index}`,
      variant: index % 2 === 0 ? 'secret' : 'inline',
      path: 'alpha',
      ...failing,
    }),
  )
}
