import { describe, expect, it } from 'vitest'
import { SHIPPER_REPORTER } from '../../../relay/model/good-ends.ts'
import {
  firingAlerts,
  firingText,
  withFiring,
} from '../../../relay/providers/messages/firing-alerts.ts'
import type { FixtureName } from '../../support/notifications.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  noAnswer,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const ADDRESS = 'http://alertmanager.monitoring:9093/api/v2/alerts'
const NO_TIME = '0001-01-01T00:00:00Z'
const FAILED: FixtureName = 'kustomization-health-check-failed'
const APPLIED: FixtureName = 'kustomization-finished'

interface SentAlert {
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}

async function startAlerting(parts: Parameters<typeof createHarness>[1] = {}) {
  const harness = createHarness({}, parts)
  await harness.configure(
    provider('am', { type: 'alertmanager', address: ADDRESS }),
    alert('one', 'am'),
  )
  return harness
}

/** An event that happens at this minute of the hour. */
async function deliver(
  harness: Harness,
  name: FixtureName,
  minute: number,
  changes: Readonly<Record<string, unknown>> = {},
) {
  const timestamp = `2026-11-20T09:${String(minute).padStart(2, '0')}:00Z`
  harness.clock.set(Date.parse(timestamp))
  await harness.send(name, { timestamp, message: `minute ${'abcdefgh'[minute]}`, ...changes })
  await harness.drain()
}

/** The alerts of each request, as `status reason start end`. */
function sent({ requests }: Harness): readonly (readonly string[])[] {
  return requests.map(({ body }) =>
    (JSON.parse(String(body)) as readonly SentAlert[]).map(
      ({ status, labels, startsAt, endsAt }) =>
        `${status} ${labels.reason} ${startsAt.slice(14, 16)} ${endsAt === NO_TIME ? '-' : endsAt.slice(14, 16)}`,
    ),
  )
}

describe('alertmanager and the end of a failure', () => {
  it('resolves what fired, by the labels that it fired with', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 1)
    await deliver(harness, APPLIED, 3)
    expect(sent(harness)).toEqual([
      ['firing HealthCheckFailed 01 -'],
      ['resolved HealthCheckFailed 01 03', 'firing ReconciliationSucceeded 03 -'],
    ])
    const [first, second] = harness.requests.map(
      ({ body }) => (JSON.parse(String(body)) as readonly SentAlert[])[0],
    )
    expect(second?.labels).toEqual(first?.labels)
    expect(second?.annotations).toEqual({ message: 'minute d' })
  })

  it('resolves once, and nothing that did not fire', async () => {
    const harness = await startAlerting()
    await deliver(harness, APPLIED, 1)
    await deliver(harness, FAILED, 2)
    await deliver(harness, APPLIED, 3)
    await deliver(harness, APPLIED, 4)
    expect(sent(harness).map((alerts) => alerts.length)).toEqual([1, 1, 2, 1])
  })

  it('resolves by an end that Flux did not report, which fires nothing', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 1)
    await deliver(harness, APPLIED, 3, { reportingController: SHIPPER_REPORTER })
    expect(sent(harness).at(-1)).toEqual(['resolved HealthCheckFailed 01 03'])
  })

  it('resolves every failure of the object, and none of another', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 1)
    await deliver(harness, FAILED, 2, { reason: 'BuildFailed' })
    await deliver(harness, FAILED, 3)
    const other = { kind: 'Kustomization', namespace: 'flux-system', name: 'other' }
    await deliver(harness, FAILED, 4, { involvedObject: other })
    await deliver(harness, APPLIED, 5)
    expect(sent(harness).at(-1)).toEqual([
      'resolved HealthCheckFailed 01 05',
      'resolved BuildFailed 02 05',
      'firing ReconciliationSucceeded 05 -',
    ])
  })

  it('goes on after an event that ends nothing', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 1)
    await deliver(harness, 'kustomization-configured', 2)
    await deliver(harness, APPLIED, 3)
    expect(sent(harness).slice(1)).toEqual([
      ['firing Progressing 02 -'],
      ['resolved HealthCheckFailed 01 03', 'firing ReconciliationSucceeded 03 -'],
    ])
  })

  it('knows what fired after a restart', async () => {
    const directory = temporaryDirectory()
    const before = await startAlerting({ directory })
    await deliver(before, FAILED, 1)
    await before.close()
    const after = await startAlerting({ directory })
    await deliver(after, APPLIED, 3)
    expect(sent(after)).toEqual([
      ['resolved HealthCheckFailed 01 03', 'firing ReconciliationSucceeded 03 -'],
    ])
  })

  it('resolves what may have fired although its answer was lost', async () => {
    const harness = await startAlerting()
    harness.answerWith(() => noAnswer(true))
    await deliver(harness, FAILED, 1)
    harness.answerWith(() => answer(200))
    await deliver(harness, APPLIED, 5)
    expect(sent(harness).at(-1)).toEqual([
      'resolved HealthCheckFailed 01 05',
      'firing ReconciliationSucceeded 05 -',
    ])
  })

  it('resolves again when the answer to the end was lost', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 1)
    harness.answerWith(() => answer(503))
    await deliver(harness, APPLIED, 3)
    harness.answerWith(() => answer(200))
    expect(await harness.drainNext()).toBe(true)
    expect(sent(harness).at(-1)).toEqual(sent(harness).at(-2))
    await deliver(harness, APPLIED, 7)
    expect(sent(harness).at(-1)).toEqual(['firing ReconciliationSucceeded 07 -'])
  })

  it('fires no late failure after its end', async () => {
    const harness = await startAlerting()
    harness.answerWith(() => answer(503))
    await deliver(harness, FAILED, 1)
    harness.answerWith(() => answer(200))
    await deliver(harness, APPLIED, 1, { message: 'the end' })
    while (await harness.drainNext());
    const records = await harness.records()
    expect(records.map(({ event, outcome }) => [event.reason, outcome])).toEqual(
      expect.arrayContaining([
        ['HealthCheckFailed', 'suppressed'],
        ['ReconciliationSucceeded', 'delivered'],
      ]),
    )
    expect(
      sent(harness)
        .flat()
        .filter((line) => line.startsWith('firing Health')),
    ).toHaveLength(1)
  })

  it('ends nothing before it began, whatever the clocks say', async () => {
    const harness = await startAlerting()
    await deliver(harness, FAILED, 5)
    await harness.send(APPLIED, { timestamp: '2026-11-20T09:03:00Z' })
    await harness.drain()
    expect(sent(harness).at(-1)?.[0]).toBe('resolved HealthCheckFailed 05 05')
  })

  it('resolves with classic names what fired with them', async () => {
    const harness = await startAlerting()
    harness.answerWith(({ body }) => answer(String(body).includes('app-version') ? 400 : 200))
    const metadata = { 'kustomize.toolkit.fluxcd.io/app-version': '2' }
    await deliver(harness, FAILED, 1, { metadata })
    await deliver(harness, APPLIED, 3)
    const [, fired, , resolved] = harness.requests.map(
      ({ body }) => (JSON.parse(String(body)) as readonly SentAlert[])[0],
    )
    expect(fired?.labels).toMatchObject({ app_version: '2' })
    expect(resolved).toMatchObject({ status: 'resolved', labels: fired?.labels })
  })

  it('resolves for each Alert what it had fired', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('am', { type: 'alertmanager', address: ADDRESS }),
      alert('web', 'am', { eventMetadata: { team: 'web' } }),
      alert('ops', 'am', { eventMetadata: { team: 'ops' } }),
    )
    await deliver(harness, FAILED, 1)
    await deliver(harness, APPLIED, 3)
    const teams = harness.requests.map(({ body }) =>
      (JSON.parse(String(body)) as readonly SentAlert[]).map(({ labels }) => labels.team),
    )
    expect(teams.map((names) => names.join()).toSorted()).toEqual([
      'ops',
      'ops,ops',
      'web',
      'web,web',
    ])
  })
})

describe('the alerts that are remembered', () => {
  const alertOf = (name: string) => ({ labels: { name }, startsAt: '2026-11-20T09:00:00Z' })

  it('are few, and short', () => {
    const many = Array.from({ length: 30 }, (_, index) => alertOf(String(index)))
    expect(firingAlerts(firingText(many)).map(({ labels }) => labels.name)).toEqual(
      many.slice(10).map(({ labels }) => labels.name),
    )
    const long = ['a', 'b', 'c'].map((name) => alertOf(name.repeat(45_000)))
    expect(firingAlerts(firingText(long))).toEqual(long.slice(1))
    expect(firingText([alertOf('x'.repeat(200_000))])).toBe('[]')
  })

  it('have each set of labels once, in any order', () => {
    const one = { labels: { a: '1', b: '2' }, startsAt: 'x' }
    const again = { labels: { b: '2', a: '1' }, startsAt: 'y' }
    expect(withFiring([one], again)).toEqual([one])
    expect(withFiring([one], alertOf('other'))).toHaveLength(2)
  })

  it.each([undefined, '', '7', '{}', '[{"labels":7}]', 'not JSON'])('are none in %j', (text) => {
    expect(firingAlerts(text)).toEqual([])
  })
})
