import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TransportFailure } from '../../relay/ports/http.ts'
import type { NatsRefusal } from '../../relay/ports/nats.ts'
import {
  type CustomProvider,
  isHttpProvider,
  NotificationError,
  type ProviderType,
} from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { Verdict } from '../../relay/providers/verdict.ts'
import { runsOf } from '../support/full-size.ts'
import { notificationOf, settingsOf } from '../support/notifications.ts'
import { plainProvider } from '../support/plain-provider.ts'
import { responseArbitrary } from '../support/responses.ts'
import {
  createFakeTryPorts,
  type FakeTryPorts,
  type FakeTryPortsOptions,
  transportFailure,
} from '../support/try-ports.ts'
import { expectUnderstandable } from '../support/verdicts.ts'

/** The same for HTTP types is in classify.test.ts. */
const TYPES = [...providerTypes.values()].filter(isCustom)

function isCustom(type: ProviderType): type is CustomProvider {
  return !isHttpProvider(type)
}

/** More than any type needs for one delivery: it would go round in circles. */
const MAX_REQUESTS = 12

async function deliver(
  type: CustomProvider,
  options: FakeTryPortsOptions,
): Promise<{ readonly verdict: Verdict; readonly tryPorts: FakeTryPorts }> {
  const tryPorts = createFakeTryPorts(options)
  const { spec, secret } = plainProvider(type)
  const { channel, address } = spec
  const settings = settingsOf(type, { channel, address }, secret)
  const verdict = await judged(type, settings, tryPorts)
  expectUnderstandable(verdict)
  expect(tryPorts.requests.length + tryPorts.messages.length).toBeLessThanOrEqual(MAX_REQUESTS)
  return { verdict, tryPorts }
}

/** As the pipeline calls it, for which only a NotificationError is a verdict. */
async function judged(type: CustomProvider, settings: unknown, tryPorts: FakeTryPorts) {
  try {
    const notification = notificationOf('helmrelease-change-request')
    return (await type.deliver(notification, settings, tryPorts)).verdict
  } catch (error) {
    if (error instanceof NotificationError)
      return { kind: 'rejected', reason: error.message } as const
    throw error
  }
}

const FAILURES: readonly TransportFailure[] = [
  transportFailure('address-refused', false),
  transportFailure('invalid-request', false),
  transportFailure('dns', false),
  transportFailure('connect', false),
  transportFailure('tls', false),
  transportFailure('proxy', false),
  transportFailure('reset', true),
  transportFailure('timeout', false),
  transportFailure('timeout', true),
  transportFailure('protocol', true),
]

const REFUSALS: readonly NatsRefusal[] = (['credentials', 'permission', 'message'] as const).map(
  (cause) => ({ kind: 'refused', cause, detail: 'test' }),
)

const answerArbitrary = fc.oneof(
  { weight: 3, arbitrary: responseArbitrary },
  fc.constantFrom(...FAILURES),
)

describe.each(TYPES)('$type', (type) => {
  it('judges every answer, and takes none but a 2xx for a success', async () => {
    await fc.assert(
      fc.asyncProperty(responseArbitrary, async (response) => {
        const { verdict, tryPorts } = await deliver(type, { answers: () => response })
        const isOk = response.status >= 200 && response.status < 300
        if (!isOk && tryPorts.requests.length > 0) expect(verdict.kind).not.toBe('delivered')
      }),
      { numRuns: runsOf(80) },
    )
  })

  it('judges every sequence of answers and failures', async () => {
    const answersArbitrary = fc.array(answerArbitrary, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(answersArbitrary, async (answers) => {
        await deliver(type, {
          answers: (_, number) =>
            answers[number % answers.length] ?? transportFailure('dns', false),
        })
      }),
      { numRuns: runsOf(80) },
    )
  })

  it.each(FAILURES)('judges $cause, may have arrived: $mayHaveArrived', async (failure) => {
    const fail = () => failure
    const { verdict } = await deliver(type, { answers: fail, published: fail, mailed: fail })
    const isFinal = failure.cause === 'address-refused' || failure.cause === 'invalid-request'
    expect(verdict).toMatchObject({
      kind: isFinal ? 'rejected' : 'retry',
      reason: expect.stringContaining(failure.cause),
    })
  })

  it.each(REFUSALS)('judges a refusal for $cause', async (refusal) => {
    const { verdict, tryPorts } = await deliver(type, {
      answers: () => transportFailure('dns', false),
      published: () => refusal,
    })
    if (tryPorts.messages.length > 0)
      expect(verdict.kind).toMatch(/^(unauthorized|rejected|retry)$/)
  })
})

it('finds types to try', () => {
  expect(TYPES.map(({ type }) => type)).toContain('otel')
})
