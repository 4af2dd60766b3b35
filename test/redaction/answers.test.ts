import { describe, expect, it } from 'vitest'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { type CanaryVariant, canaryProvider, HTTP_TYPES } from '../support/canary-providers.ts'
import { createCanaryRelay, expectNoLeaks } from '../support/canary-relay.ts'
import { divertedClient } from '../support/diverted-client.ts'
import { ECHOES, echoPath, startEchoSink } from '../support/echo-sink.ts'
import { shareOf } from '../support/full-size.ts'
import { testClient } from '../support/http-client.ts'

/** Of the cases of one type one in so many is tried, and of the next type the next ones. */
const SHARES = 6

const STATUSES = [200, 400, 401, 404, 429, 500] as const

/** Every way to echo in an answer that is quoted, and every status. */
const ALL = [
  ...ECHOES.map((_, echo) => [400, echo] as const),
  ...STATUSES.map((status) => [status, 1] as const),
]

/** How an address got in makes no difference to the ways to echo it, so some of them will do. */
const CASES = { secret: ALL, inline: ALL.filter((_, index) => index % 3 === 0) }

/** Planted, but of no use for the type, so that it is never sent. */
const NEVER_SENT = /other key|unused password/

describe.each(HTTP_TYPES.map((type, turn) => [type, turn] as const))('%s', (type, turn) => {
  it.each<CanaryVariant>(['secret', 'inline'])(
    'keeps its secrets from a destination that echoes them (%s)',
    async (variant) => {
      const cases = shareOf(CASES[variant], SHARES, turn)
      const canaries = createCanaries()
      const sink = await startEchoSink()
      const relay = await createCanaryRelay(divertedClient(testClient(), sink.url, canaries))
      await relay.deliverTo(
        cases.map(([status, echo], index) =>
          canaryProvider(canaries, {
            type,
            name: `p${index}`,
            variant,
            origin: sink.url,
            path: echoPath(status, echo),
          }),
        ),
      )
      expect(await relay.harness.records()).toHaveLength(cases.length)
      expectSecretsSent(canaries, sink.received())
      expectNoLeaks(canaries, await relay.outputs())
    },
  )
})

/** Otherwise the destination would have had nothing to echo, and the test would prove nothing. */
function expectSecretsSent(canaries: Canaries, received: string): void {
  const sent = [...canaries.placesIn(received)]
  expect(
    sent.filter((place) => /(address|DSN|token|password)( path| key)?$/.test(place)),
  ).not.toEqual([])
  expect(sent.filter((place) => NEVER_SENT.test(place))).toEqual([])
}
