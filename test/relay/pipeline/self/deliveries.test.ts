import { describe, expect, it } from 'vitest'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import { troubleKey } from '../../../../relay/pipeline/self/troubles.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const MINUTE_MS = 60_000
const hook = (name: string) =>
  provider(name, { type: 'generic', address: `https://${name}.example/` })

/** A relay whose Alert `all` goes to `broken`, and that tells of itself by `ops`. */
async function setUp(self: Readonly<Record<string, string>> = { self: 'deliveries' }) {
  const harness = createHarness()
  const ops = alert('ops', 'ops', { eventSources: [{ kind: 'Bucket', name: 'none' }] })
  await harness.configure(hook('broken'), hook('ops'), alert('all', 'broken'), annotated(ops, self))
  return harness
}

async function send(harness: Harness, name: string): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  const involvedObject = { ...Object(event.involvedObject), name }
  await harness.sendJson({ ...event, involvedObject })
  await harness.drain()
}

/** What Alert `ops` was told. */
const told = ({ requests }: Harness) =>
  requests
    .filter(({ url }) => url === 'https://ops.example/')
    .map(({ body }) => JSON.parse(String(body)))

describe('self: deliveries', () => {
  it('tells of a delivery that died, of which and to whom', async () => {
    const harness = await setUp()
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 404 : 200))
    await send(harness, 'apps')
    const [dead] = (await harness.records()).filter(({ outcome }) => outcome === 'dead')
    expect(told(harness)).toEqual([
      {
        involvedObject: expect.objectContaining({
          kind: 'Provider',
          namespace: 'flux-system',
          name: 'broken',
          apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
        }),
        severity: 'error',
        reason: 'DeliveryDead',
        message: `A delivery to Provider flux-system/broken is dead: ${dead?.reason}`,
        timestamp: expect.any(String),
        metadata: {
          alert: 'flux-system/all',
          delivery: dead?.id,
          object: 'Kustomization/flux-system/apps',
        },
        reportingController: 'flux-relay',
      },
    ])
  })

  it('tells of each death where only, after or remind follow what lasts', async () => {
    const rules = { only: 'failures', after: '10m', remind: '1h' }
    const harness = createHarness()
    const ops = annotated(alert('ops', 'ops'), { self: 'deliveries', ...rules })
    const slack = provider('ops', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
    await harness.configure(hook('broken'), slack, alert('all', 'broken'), ops)
    const wordsOf = () =>
      harness.requests
        .filter(({ url }) => url.includes('slack'))
        .map(({ body }) => JSON.parse(String(body)).attachments[0].text)
    for (const status of [404, 410]) {
      harness.answerWith(({ url }) => answer(url.includes('broken') ? status : 200))
      await send(harness, `apps-${status}`)
      await harness.pass(MINUTE_MS)
    }
    expect(wordsOf()).toEqual([
      expect.stringContaining('is dead: HTTP 404'),
      expect.stringContaining('is dead: HTTP 410'),
    ])
    await harness.pass(120 * MINUTE_MS)
    expect(wordsOf()).toHaveLength(2)
  })

  it('tells of the first that dies for a reason, and not of what dies for the same within five minutes', async () => {
    const harness = await setUp()
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 404 : 200))
    for (const name of ['a', 'b']) await send(harness, name)
    expect(told(harness)).toHaveLength(1)
    await harness.pass(6 * MINUTE_MS)
    await send(harness, 'c')
    expect(told(harness)).toHaveLength(2)
  })

  it('tells of one death when the message of a group died', async () => {
    const harness = await setUp()
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 404 : 200))
    await harness.configure(
      provider('broken', { type: 'slack', address: 'https://broken.example/' }),
      hook('ops'),
      annotated(alert('all', 'broken'), { 'group-by': "'all'", 'group-wait': '30s' }),
      annotated(alert('ops', 'ops'), { self: 'deliveries' }),
    )
    for (const name of ['a', 'b', 'c']) await send(harness, name)
    await harness.pass(5 * MINUTE_MS)
    const dead = (await harness.records()).filter(({ outcome }) => outcome === 'dead')
    expect(dead).toHaveLength(3)
    expect(told(harness).filter(({ reason }) => reason === 'DeliveryDead')).toHaveLength(1)
  })

  it('sends no more often, and records what it sent, where a later version told of a destination', async () => {
    const harness = await setUp()
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 503 : 200))
    await send(harness, 'a')
    const [waiting] = await harness.records()
    const key = troubleKey(CLUSTER, String(waiting?.provider?.uid))
    const later = { v: 9, began: 'then' }
    await harness.ports.state.write(key, later, 'absent', Number.MAX_SAFE_INTEGER)
    await harness.pass(60 * MINUTE_MS)
    harness.answerWith(() => answer(200))
    await harness.pass(60 * MINUTE_MS)
    const [record] = await harness.records()
    expect(record).toMatchObject({ outcome: 'delivered', tries: harness.requests.length })
    expect(await harness.ports.state.read(key)).toMatchObject({ value: later })
  })

  it('tells once that a destination fails for 15 minutes, and once that it works again', async () => {
    const harness = await setUp()
    let status = 503
    harness.answerWith(({ url }) => answer(url.includes('broken') ? status : 200))
    await send(harness, 'a')
    await harness.pass(14 * MINUTE_MS)
    expect(told(harness)).toEqual([])
    await harness.pass(4 * 60 * MINUTE_MS)
    await send(harness, 'b')
    await harness.pass(2 * 60 * MINUTE_MS)
    expect(told(harness)).toMatchObject([
      {
        severity: 'error',
        reason: 'DestinationFailing',
        message: expect.stringMatching(
          /^Deliveries to Provider flux-system\/broken have failed for \d+ minutes: /,
        ),
      },
    ])
    status = 200
    await harness.pass(3 * 60 * MINUTE_MS)
    expect(told(harness).slice(1)).toMatchObject([
      {
        severity: 'info',
        reason: 'DestinationRecovered',
        message: expect.stringMatching(/ arrive again; they had failed since 20\d\d-/),
      },
    ])
    status = 503
    await send(harness, 'c')
    await harness.pass(2 * 60 * MINUTE_MS)
    expect(told(harness).slice(2)).toMatchObject([{ reason: 'DestinationFailing' }])
  })

  it('tells that a destination fails again, though the clock was set back after it worked again', async () => {
    const harness = await setUp()
    const broken = () => answer(503)
    harness.answerWith(({ url }) => (url.includes('broken') ? broken() : answer(200)))
    await send(harness, 'a')
    await harness.pass(60 * MINUTE_MS)
    harness.answerWith(() => answer(200))
    await harness.pass(60 * MINUTE_MS)
    harness.clock.set(harness.clock.now() - 24 * 60 * MINUTE_MS)
    harness.answerWith(({ url }) => (url.includes('broken') ? broken() : answer(200)))
    await send(harness, 'b')
    await harness.pass(60 * MINUTE_MS)
    expect(told(harness)).toMatchObject([
      { reason: 'DestinationFailing' },
      { reason: 'DestinationRecovered' },
      { reason: 'DestinationFailing' },
    ])
  })

  it.each([
    ['a person replayed what failed', 'replayed'],
    ['what failed is dead', 'dead'],
  ])('tells that a destination works again, and fails again, though %s', async (_, how) => {
    const harness = await setUp()
    let status = 503
    harness.answerWith(({ url }) => answer(url.includes('broken') ? status : 200))
    await send(harness, 'a')
    await harness.pass((how === 'dead' ? 26 * 60 : 60) * MINUTE_MS)
    status = 200
    if (how === 'replayed') {
      const [waiting] = (await harness.records()).filter(({ outcome }) => outcome === 'retry')
      await requestReplay(harness.ports, String(waiting?.id))
      await harness.drain()
    }
    await send(harness, 'b')
    await send(harness, 'c')
    status = 503
    await send(harness, 'd')
    await harness.pass(2 * 60 * MINUTE_MS)
    const reasons = told(harness).map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason !== 'DeliveryDead')).toEqual([
      'DestinationFailing',
      'DestinationRecovered',
      'DestinationFailing',
    ])
  })

  describe('of a delivery that goes on failing while others arrive', () => {
    async function setUpMixed() {
      const harness = await setUp()
      const isBad = (text: string) => text.includes('"name":"bad"')
      harness.answerWith(({ url, body }) =>
        answer(url.includes('broken') && isBad(String(body)) ? 503 : 200),
      )
      await send(harness, 'bad')
      return harness
    }
    const BOTH = [{ reason: 'DestinationFailing' }, { reason: 'DestinationRecovered' }]

    it('tells once', async () => {
      const harness = await setUpMixed()
      for (let hour = 0; hour < 12; hour += 1) {
        await harness.pass(60 * MINUTE_MS)
        await send(harness, `good-${hour}`)
      }
      expect(told(harness)).toMatchObject(BOTH)
    })

    it('tells that the others fail too, later', async () => {
      const harness = await setUpMixed()
      for (let hour = 0; hour < 3; hour += 1) {
        await harness.pass(60 * MINUTE_MS)
        await send(harness, `good-${hour}`)
      }
      harness.answerWith(({ url }) => answer(url.includes('broken') ? 503 : 200))
      await harness.pass(80 * MINUTE_MS)
      await send(harness, 'good-last')
      await harness.pass(80 * MINUTE_MS)
      expect(told(harness)).toMatchObject([...BOTH, { reason: 'DestinationFailing' }])
    })

    it('tells with the next delivery that arrives, also when one arrived just before', async () => {
      const harness = await setUpMixed()
      await harness.pass(16 * MINUTE_MS)
      const nextTryAt = harness.nextWakeAt() ?? 0
      await harness.pass(nextTryAt - harness.clock.now() - 10_000)
      await send(harness, 'before')
      expect(told(harness)).toEqual([])
      await harness.pass(20_000)
      await send(harness, 'after')
      expect(told(harness)).toMatchObject(BOTH)
    })
  })

  it('never tells of a failure of telling itself', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(404))
    await send(harness, 'apps')
    await harness.pass(60 * MINUTE_MS)
    expect(told(harness)).toHaveLength(1)
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(['dead', 'dead'])

    harness.answerWith(() => answer(503))
    await send(harness, 'infra')
    await harness.pass(25 * 60 * MINUTE_MS)
    const reasons = (await harness.records()).map(({ event }) => event.reason)
    expect(reasons.filter((reason) => reason === 'DestinationFailing')).toHaveLength(1)
    expect(reasons.filter((reason) => reason === 'DeliveryDead')).toHaveLength(2)
  })

  it('makes no event for anybody who does not want it', async () => {
    const harness = await setUp({ self: 'clusters' })
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 404 : 200))
    await send(harness, 'apps')
    expect(await harness.records()).toHaveLength(1)
  })

  it('reaches an Alert with a source of the kind Provider too', async () => {
    const harness = createHarness()
    const ops = alert('ops', 'ops', { eventSources: [{ kind: 'Provider', name: 'broken' }] })
    await harness.configure(hook('broken'), hook('ops'), alert('all', 'broken'), ops)
    harness.answerWith(({ url }) => answer(url.includes('broken') ? 404 : 200))
    await send(harness, 'apps')
    expect(told(harness)).toMatchObject([{ reason: 'DeliveryDead' }])
  })
})

describe('the rule self', () => {
  it.each([
    [
      'delivery',
      'expected deliveries, clusters, alerts, or several with commas between them; "delivery" is none',
    ],
    [' ', 'expected deliveries, clusters or alerts, or several with commas between them'],
  ])('%j makes the Alert not ready', async (self, said) => {
    const harness = createHarness()
    await harness.configure(hook('ops'), annotated(alert('ops', 'ops'), { self }))
    await send(harness, 'apps')
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: expect.stringContaining(said) },
    ])
  })
})
