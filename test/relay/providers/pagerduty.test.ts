import { describe, expect, it } from 'vitest'
import { SHIPPER_REPORTER } from '../../../relay/model/good-ends.ts'
import { pagerDuty } from '../../../relay/providers/pagerduty.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  type FixtureName,
  fixtureEvent,
  fixtureJson,
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'

const ADDRESS = 'https://events.pagerduty.com/v2/enqueue'
const KEY = 'R0UT1NGKEY00000000000000000000AB'
const UID = '7d0cdc51-ddcf-4743-b223-83ca5c699632'
const settings = settingsOf(pagerDuty, { address: ADDRESS, channel: KEY })

const requests = (...args: Parameters<typeof notificationOf>) =>
  requestsOf(pagerDuty, notificationOf(...args), settings).map(withJsonBody)

describe('pagerduty requests', () => {
  it('triggers the incident of an object that failed', () => {
    expect(requests('kustomization-health-check-failed')).toEqual([
      {
        method: 'POST',
        url: 'https://events.pagerduty.com/v2/enqueue',
        headers: { 'content-type': 'application/json' },
        body: {
          routing_key: KEY,
          event_action: 'trigger',
          dedup_key: UID,
          payload: {
            summary: 'health check failed: kustomization/podinfo',
            source: 'Flux kustomize-controller',
            severity: 'error',
            timestamp: '2026-11-20T09:20:41Z',
            component: 'podinfo',
            group: 'Kustomization',
            custom_details: {
              message:
                "health check failed after 1m0.012847183s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']",
              metadata: { revision: 'main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d' },
            },
          },
        },
      },
    ])
  })

  it('resolves the incident of an object that recovered, and records a change', () => {
    expect(requests('kustomization-finished')).toEqual([
      {
        method: 'POST',
        url: 'https://events.pagerduty.com/v2/enqueue',
        headers: { 'content-type': 'application/json' },
        body: { routing_key: KEY, event_action: 'resolve', dedup_key: UID },
      },
      {
        method: 'POST',
        url: 'https://events.pagerduty.com/v2/change/enqueue',
        headers: { 'content-type': 'application/json' },
        body: {
          routing_key: KEY,
          payload: {
            summary: 'reconciliation succeeded: kustomization/podinfo',
            source: 'Flux kustomize-controller',
            timestamp: '2021-04-21T10:00:02Z',
            custom_details: {
              message: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
              metadata: { revision: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d' },
            },
          },
          links: null,
        },
      },
    ])
  })

  it('resolves, and records no change, for a severity of another name', () => {
    const bodies = requests('kustomization-finished', { severity: 'warning' })
    expect(bodies).toMatchObject([{ body: { event_action: 'resolve' } }])
  })

  it('resolves, and records no change, for an end that Flux did not report', () => {
    const bodies = requests('kustomization-finished', { reportingController: SHIPPER_REPORTER })
    expect(bodies).toMatchObject([{ body: { event_action: 'resolve', dedup_key: UID } }])
  })

  it('sends empty metadata as {}, and texts as they are', () => {
    const message = 'déployé 🚀 <b>"x"</b> & *y*'
    const [request] = requests('helmrelease-upgrade-failed', { metadata: null, message })
    expect(request?.body).toMatchObject({ payload: { custom_details: { message, metadata: {} } } })
  })

  it('keeps the scheme, host and port of the address only', () => {
    const other = settingsOf(pagerDuty, { address: 'http://eu.example.com:8080/x?y', channel: KEY })
    const urls = requestsOf(pagerDuty, notificationOf('kustomization-finished'), other)
    expect(urls.map(({ url }) => url)).toEqual([
      'http://eu.example.com:8080/v2/enqueue',
      'http://eu.example.com:8080/v2/change/enqueue',
    ])
  })

  it.each(['', 'x'.repeat(256)])('makes a key of an object whose UID is %j', (uid) => {
    const { involvedObject, ...event } = fixtureJson('kustomization-finished')
    const keyOf = (object: object) => {
      const [request] = requests('kustomization-finished', { ...event, involvedObject: object })
      return (request?.body as { dedup_key: string } | undefined)?.dedup_key
    }
    const object = { ...(involvedObject as object), uid }
    expect(keyOf(object)).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/)
    expect(keyOf(object)).not.toBe(keyOf({ ...object, name: 'other' }))
  })

  it('cuts a summary at 1,024 characters, and details at 512 KB', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [
        `kustomize.toolkit.fluxcd.io/k${n}`,
        '配'.repeat(900),
      ]),
    )
    const changes = { reason: 'aB'.repeat(2_000), message: '\0'.repeat(39_000), metadata }
    const changed = requests('kustomization-finished', changes)
    const failed = requests('kustomization-finished', { ...changes, severity: 'error' })
    for (const { body } of [...changed.slice(1), ...failed]) {
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(512_000)
      const { payload } = body as { payload: { summary: string; custom_details: object } }
      expect(payload.summary.length).toBeLessThanOrEqual(1_024)
      expect(payload.summary).toMatch(/…: kustomization\/podinfo$/)
      expect(payload.custom_details).toMatchObject({ metadata: { k7: `${'配'.repeat(255)}…` } })
    }
  })

  it('leaves an event that fits as it is', () => {
    const notification = notificationOf('kustomization-finished')
    expect(pagerDuty.fit?.(notification, settings)).toBe(notification.event)
  })
})

describe('pagerduty settings and events', () => {
  it.each([
    ['no address', { channel: KEY }, /address: set spec\.address/],
    ['an address that is no URL', { address: 'x', channel: KEY }, /address: set spec\.address/],
    ['no channel', { address: ADDRESS }, /channel: set spec\.channel to the integration key/],
  ])('refuses %s', (_, spec, message) => {
    expect(() => settingsOf(pagerDuty, spec)).toThrow(message)
  })

  it('masks the integration key', () => {
    expect(secretsOf(pagerDuty, { address: ADDRESS, channel: KEY }, {})).toContain(KEY)
  })

  it('skips Progressing only', () => {
    const skips = (name: FixtureName) => pagerDuty.skips?.(fixtureEvent(name))
    expect(skips('kustomization-configured')).toMatch(/neither opens nor resolves/)
    expect(skips('kustomization-finished')).toBeUndefined()
  })
})

describeStatusClasses(pagerDuty)

it('repeats what PagerDuty says', () => {
  const body = JSON.stringify({
    status: 'invalid event',
    message: 'Event object is invalid',
    errors: ["'routing_key' is missing or blank"],
  })
  expect(pagerDuty.classify?.(response(400, body))).toEqual({
    kind: 'rejected',
    reason: "HTTP 400: Event object is invalid: 'routing_key' is missing or blank",
  })
})

describe('pagerduty deliveries', () => {
  async function relay() {
    const harness = createHarness()
    await harness.configure(
      provider('pagerduty', { type: 'pagerduty', address: ADDRESS, channel: KEY }),
      alert('podinfo', 'pagerduty'),
    )
    /** `enqueue trigger`, `change` and so on, of all requests so far. */
    const sent = () =>
      harness.requests.map(({ url, body }) => {
        const action: unknown = JSON.parse(String(body)).event_action
        return url.endsWith('/v2/enqueue') ? action : 'change'
      })
    return { harness, sent }
  }

  it('tries a change again alone, once the incident is resolved', async () => {
    const { harness, sent } = await relay()
    const isChange = (url: string) => url.endsWith('/change/enqueue')
    harness.answerWith(({ url }) => answer(isChange(url) ? 500 : 202))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(sent()).toEqual(['resolve', 'change'])
    expect(await harness.records()).toMatchObject([{ outcome: 'retry', reason: 'HTTP 500' }])

    harness.answerWith(() => answer(202))
    await harness.drainNext()
    expect(sent()).toEqual(['resolve', 'change', 'change'])
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it('sends no change while the incident is not resolved', async () => {
    const { harness, sent } = await relay()
    harness.answerWith(() => answer(429))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(sent()).toEqual(['resolve'])
  })

  it('sends no trigger late, once the incident is resolved', async () => {
    const { harness, sent } = await relay()
    harness.answerWith(({ body }) => answer(String(body).includes('"trigger"') ? 503 : 202))
    await harness.send('kustomization-finished', {
      severity: 'error',
      timestamp: '2026-11-20T09:13:00Z',
    })
    await harness.send('kustomization-finished', { timestamp: '2026-11-20T09:14:00Z' })
    await harness.drain()
    expect(sent()).toEqual(['trigger', 'resolve', 'change'])

    harness.answerWith(() => answer(202))
    while (await harness.drainNext());
    expect(sent()).toEqual(['trigger', 'resolve', 'change'])
    const outcomes = (await harness.records()).map(({ outcome, reason }) => [outcome, reason])
    expect(outcomes).toContainEqual([
      'suppressed',
      'superseded by a newer event of the same subject',
    ])
  })

  it('tells objects, and routing keys, apart', () => {
    const subjectOf = (name: FixtureName, channel: string) =>
      pagerDuty.subject?.(
        notificationOf(name),
        settingsOf(pagerDuty, { address: ADDRESS, channel }),
      )
    const own = subjectOf('kustomization-finished', KEY)
    expect(subjectOf('kustomization-health-check-failed', KEY)).toEqual(own)
    expect(subjectOf('helmrelease-upgrade-failed', KEY)).not.toEqual(own)
    expect(subjectOf('kustomization-finished', 'other')).not.toEqual(own)
    expect(own).not.toHaveProperty('shows')
  })
})
