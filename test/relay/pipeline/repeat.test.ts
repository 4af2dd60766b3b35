import { describe, expect, it } from 'vitest'
import { parseRateLimitIntervalMs } from '../../../relay/model/rate-limit-interval.ts'
import { alert, createHarness, type Harness, provider } from '../../support/relay-harness.ts'

const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const webhook = (name: string) =>
  provider(name, { type: 'generic', address: `https://${name}.test/` })

async function withWebhook(...alerts: readonly Record<string, unknown>[]): Promise<Harness> {
  const harness = createHarness()
  await harness.configure(webhook('a'), ...alerts)
  return harness
}

const summaries = async (harness: Harness) =>
  (await harness.records()).map(({ outcome, reason }) => `${outcome}: ${reason}`)

describe('a repeat', () => {
  it('within five minutes is suppressed, though its durations differ', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    const minute = (m: number) => new Date(harness.clock.now() + m * 60_000).toISOString()
    const message = (s: string) => `Reconciliation finished in ${s}, next run in 5m0s`
    await harness.send('kustomization-finished', {
      timestamp: minute(0),
      message: message('2.08s'),
    })
    await harness.drain()
    harness.clock.advance(4 * 60_000)
    await harness.send('kustomization-finished', { timestamp: minute(0), message: message('31ms') })
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect((await summaries(harness))[0]).toMatch(/^suppressed: repeats the event [0-9a-f]{12} of /)
    harness.clock.advance(61_000)
    await harness.send('kustomization-finished', { timestamp: minute(0), message: message('1s') })
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
  })

  it('is none after another severity: fail, recover, fail gives three notifications', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    for (const name of [
      'kustomization-health-check-failed',
      'kustomization-applied',
      'kustomization-health-check-failed',
    ] as const) {
      harness.clock.advance(30_000)
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.send(name, { timestamp, metadata: {} })
      await harness.drain()
    }
    expect(harness.requests).toHaveLength(3)
  })

  it.each([
    ['event.toolkit.fluxcd.io/commit', HASH, '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'],
    ['event.toolkit.fluxcd.io/change_request', '7', '8'],
  ])('about another %s is none', async (key, first, second) => {
    const harness = await withWebhook(alert('all', 'a'))
    for (const value of [first, second, first]) {
      await harness.send('kustomization-finished', { metadata: { [key]: value } })
      harness.clock.advance(1_000)
      await harness.drain()
    }
    const told = harness.requests.map(
      ({ body }) => JSON.parse(String(body)) as { metadata: object },
    )
    const name = key.split('/')[1] ?? ''
    expect(told.map(({ metadata }) => metadata)).toMatchObject([
      { [name]: first },
      { [name]: second },
    ])
  })

  it.each([
    [
      'stat /tmp/kustomization-2912946094/apps: no such file or directory',
      'stat /tmp/kustomization-2261749457/apps: no such file or directory',
      1,
    ],
    ['retention 5m', 'retention 720h', 2],
  ])('%s, %s: %i told', async (first, second, expected) => {
    const harness = await withWebhook(alert('all', 'a'))
    for (const message of [first, second]) {
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.send('kustomization-finished', { message, timestamp, severity: 'error' })
      harness.clock.advance(10_000)
      await harness.drain()
    }
    expect(harness.requests).toHaveLength(expected)
  })

  it.each([
    ['0', 1_000, 2],
    ['1h', 59 * 60_000, 1],
    ['1h', 60 * 60_000, 2],
    ['24h', 24 * 60 * 60_000 - 1, 1],
    ['30s', 30_000, 2],
  ])('is one for an interval of %s: %i ms later, %i told', async (interval, ms, expected) => {
    const rateLimitIntervalMs = parseRateLimitIntervalMs(interval) ?? Number.NaN
    const harness = createHarness({ rateLimitIntervalMs })
    await harness.configure(webhook('a'), alert('all', 'a'))
    for (const wait of [0, ms]) {
      harness.clock.advance(wait)
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.send('kustomization-finished', { timestamp })
      await harness.drain()
    }
    expect(harness.requests).toHaveLength(expected)
  })

  it('is one whatever its own time says, since the clock of its sender may be wrong', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    for (const timestamp of [
      '2026-11-20T09:14:03Z',
      '2026-11-20T07:00:00Z',
      '2026-12-01T00:00:00Z',
    ]) {
      await harness.send('kustomization-finished', { timestamp })
      harness.clock.advance(30_000)
      await harness.drain()
    }
    expect(harness.requests).toHaveLength(1)
  })

  it.each([
    [63, 64],
    [64, 66],
  ])(
    'is one although %i other reports of its object came in between: %i told',
    async (others, expected) => {
      const harness = await withWebhook(alert('all', 'a'))
      const between = Array.from({ length: others }, (_, index) => `resource ${index} is missing`)
      for (const message of ['the chart is missing', ...between, 'the chart is missing']) {
        const timestamp = new Date(harness.clock.now()).toISOString()
        await harness.send('kustomization-finished', { message, timestamp })
        harness.clock.advance(1_000)
        await harness.drain()
      }
      expect(harness.requests).toHaveLength(expected)
    },
  )

  it('of another object or revision is none', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    const object = { kind: 'Kustomization', namespace: 'flux-system', apiVersion: 'g/v1' }
    for (const [name, revision] of [
      ['one', 'main@sha1:1'],
      ['two', 'main@sha1:1'],
      ['one', 'main@sha1:2'],
    ]) {
      const involvedObject = { ...object, name }
      await harness.sendJson({
        involvedObject,
        message: 'same',
        metadata: { 'g/revision': revision },
      })
    }
    await harness.drain()
    expect(harness.requests).toHaveLength(3)
  })
})
