import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RETRY_AFTER_MS } from '../../../relay/model/retry.ts'
import type { HttpResponse } from '../../../relay/ports/http.ts'
import { classifyStatus } from '../../../relay/providers/answers/classify.ts'
import { rateLimitWaitMs } from '../../../relay/providers/answers/rate-limit.ts'
import { azureDevOps } from '../../../relay/providers/azuredevops.ts'
import type { HttpProvider } from '../../../relay/providers/contract.ts'
import { discord } from '../../../relay/providers/discord.ts'
import { generic } from '../../../relay/providers/generic.ts'
import { github } from '../../../relay/providers/github.ts'
import { gitlab } from '../../../relay/providers/gitlab.ts'
import { lark } from '../../../relay/providers/lark.ts'
import { rocket } from '../../../relay/providers/rocket.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'
import { annotated } from '../pipeline/rules/annotated.ts'

/** What of a type judges answers. */
type Judge = Pick<HttpProvider, 'type' | 'classify'>

const NOW = Date.parse('2026-11-20T12:00:00Z')
const EPOCH_S = NOW / 1_000
/** Of a service whose clock is an hour ahead of ours. */
const AHEAD = { date: 'Fri, 20 Nov 2026 13:00:00 GMT' }

function limited(status: number, headers: Record<string, string>, body = ''): HttpResponse {
  return { kind: 'response', status, headers, body, truncated: false, receivedAt: NOW }
}

describe('the end of a rate limit', () => {
  it.each([
    [{ 'x-ratelimit-reset': String(EPOCH_S + 90) }, 90_000],
    [{ 'ratelimit-reset': String(EPOCH_S + 90) }, 90_000],
    [{ 'x-rate-limit-reset': String(EPOCH_S + 90) }, 90_000],
    [{ 'x-ratelimit-reset': `${EPOCH_S + 90}.25` }, 90_250],
    [{ 'x-ratelimit-reset': String(NOW + 46_500) }, 46_500],
    [{ 'ratelimit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-reset': '0' }, 0],
    [{ 'x-ratelimit-reset-after': '1.337' }, 1_337],
    [{ 'x-ogw-ratelimit-reset': '7' }, 7_000],
    [{ 'x-ratelimit-reset': String(EPOCH_S - 5) }, 0],
    [{ 'x-ratelimit-reset': String(EPOCH_S + 86_400) }, MAX_RETRY_AFTER_MS],
    [{ 'ratelimit-reset': '86400' }, MAX_RETRY_AFTER_MS],
    // By the clock of the service, not ours.
    [{ ...AHEAD, 'x-ratelimit-reset': String(EPOCH_S + 3_690) }, 90_000],
    [{ ...AHEAD, 'retry-after': 'Fri, 20 Nov 2026 13:01:30 GMT' }, 90_000],
    [{ date: 'soon', 'x-ratelimit-reset': String(EPOCH_S + 90) }, 90_000],
    // What is meant for this very answer goes first.
    [{ 'retry-after': '5', 'x-ratelimit-reset': String(EPOCH_S + 90) }, 5_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 60_000],
    // Of the limit that refused nothing is said: this one has some left.
    [{ 'x-ratelimit-remaining': '4711', 'x-ratelimit-reset': '60' }, undefined],
    [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '60' }, undefined],
    [{ 'x-ratelimit-reset': 'soon' }, undefined],
    [{ 'x-ratelimit-reset': '-60' }, undefined],
    [{ 'x-ratelimit-reset': '' }, undefined],
    [{ 'x-ratelimit-reset': '1e9' }, undefined],
    [{}, undefined],
  ])('told by %j is in %j ms', (headers: Record<string, string>, waitMs) => {
    expect(rateLimitWaitMs(limited(429, headers))).toBe(waitMs)
  })

  it('is never sooner than now, nor later than in an hour', () => {
    const text = fc.oneof(fc.string(), fc.nat().map(String), fc.double().map(String))
    fc.assert(
      fc.property(text, text, (reset, date) => {
        const waitMs = rateLimitWaitMs(limited(429, { 'x-ratelimit-reset': reset, date })) ?? 0
        expect(waitMs >= 0 && waitMs <= MAX_RETRY_AFTER_MS).toBe(true)
      }),
    )
  })
})

describe('an answer that tells when its rate limit ends', () => {
  const USED_UP = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(EPOCH_S + 90) }
  const SECONDARY = '{"message":"You have exceeded a secondary rate limit."}'
  const LARK_LIMIT = '{"code":99991400,"msg":"request trigger frequency limit"}'
  const DISCORD_LIMIT =
    '{"message":"You are being rate limited.","retry_after":64.57,"global":false}'

  it.each<readonly [Judge, number, Record<string, string>, string, number]>([
    [github, 403, USED_UP, '{"message":"API rate limit exceeded for user ID 1."}', 90_000],
    [github, 429, USED_UP, '', 90_000],
    [github, 403, { 'x-ratelimit-remaining': '42', 'x-ratelimit-reset': '9' }, SECONDARY, 60_000],
    [github, 429, { 'x-ratelimit-remaining': '42', 'x-ratelimit-reset': '9' }, SECONDARY, 60_000],
    [github, 403, { 'retry-after': '30' }, SECONDARY, 30_000],
    [
      gitlab,
      429,
      { 'ratelimit-remaining': '0', 'ratelimit-reset': String(EPOCH_S + 60) },
      '',
      60_000,
    ],
    [azureDevOps, 429, { 'x-ratelimit-reset': String(EPOCH_S + 7) }, '', 7_000],
    [rocket, 429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 1) }, '', 1],
    [discord, 429, {}, DISCORD_LIMIT, 64_570],
    [discord, 429, { 'retry-after': '65' }, DISCORD_LIMIT, 65_000],
    [discord, 429, {}, '{"retry_after":7200}', MAX_RETRY_AFTER_MS],
    [lark, 200, { 'x-ogw-ratelimit-reset': '7' }, LARK_LIMIT, 7_000],
    [lark, 400, { 'x-ogw-ratelimit-reset': '7' }, LARK_LIMIT, 7_000],
    [lark, 429, { 'x-ogw-ratelimit-reset': '7' }, LARK_LIMIT, 7_000],
    [generic, 403, USED_UP, '', 90_000],
    [generic, 403, { 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }, '', 5_000],
  ])('is tried again then: %o %i %j %s', ({ classify = classifyStatus }, ...told) => {
    const [status, headers, body, retryAfterMs] = told
    expect(classify(limited(status, headers, body))).toMatchObject({
      kind: 'retry',
      applied: 'no',
      retryAfterMs,
    })
  })

  it.each([500, 503, 408, 404])('says nothing of the time by a limit beside a %i', (status) => {
    const verdict = classifyStatus(limited(status, { 'x-ratelimit-reset': '60' }))
    expect(verdict).not.toHaveProperty('retryAfterMs')
  })

  it.each([
    ['a 429', () => answer(429, { 'x-ratelimit-reset': '120' })],
    ['a 403', () => answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '120' })],
    ['a body', () => answer(429, {}, '{"retry_after":120.0}')],
    ['a 503', () => answer(503, { 'retry-after': '120' })],
  ])('parks its destination until then, told by %s, and one probe ends it', async (_, refuse) => {
    const harness = createHarness()
    const address = 'https://discord.test/api/webhooks/1/abc'
    const discord = provider('a', { type: 'discord', address })
    await harness.configure(annotated(discord, { 'group-wait': 'never' }), alert('all', 'a'))
    harness.answerWith(refuse)
    for (const name of ['one', 'two', 'three']) {
      const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
      await harness.sendJson({ involvedObject, message: name })
    }
    const startedAt = harness.clock.now()
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    const dueAts = (await harness.records()).map(({ dueAt = 0 }) => dueAt - startedAt)
    expect(Math.min(...dueAts)).toBeGreaterThanOrEqual(120_000)
    // The others are woken then, and are due at the end of their 24 hours otherwise.
    expect(harness.nextWakeAt()).toBe(startedAt + 120_000)
    harness.answerWith(() => answer(204))
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(4)
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(
      Array(3).fill('delivered'),
    )
  })
})
