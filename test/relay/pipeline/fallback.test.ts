import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { START } from '../../support/manual-clock.ts'
import { alert, answer, createHarness, noAnswer, provider } from '../../support/relay-harness.ts'

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const REVISION = `main@sha1:${COMMIT}`
const SECRET = { token: 'k3y' }
const GIT = 'https://dev.azure.com/example/fleet/_git/infra'

/** Metadata of this many entries, one of them the revision. */
function entries(count: number, value = 'v'): Readonly<Record<string, string>> {
  const prefix = 'kustomize.toolkit.fluxcd.io/'
  const others = Array.from({ length: count - 1 }, (_, at) => [`${prefix}k${at}`, value] as const)
  return Object.fromEntries([[`${prefix}revision`, REVISION], ...others])
}

const HUGE = { message: 'x'.repeat(39_000), metadata: entries(100) }
const SHORT = { message: 'applied', metadata: entries(1) }

interface Attempted {
  readonly type: string
  /** The answers, in their order; the last one goes on. */
  readonly answers: ReadonlyArray<ReturnType<typeof answer>>
  readonly event?: Record<string, unknown>
  readonly summary?: string
  readonly address?: string
}

async function attempted({ type, answers, event = HUGE, summary, address }: Attempted) {
  const harness = createHarness()
  harness.secrets.set('local/flux-system/s', SECRET)
  const spec = { type, address: address ?? 'https://a.test/hook', secretRef: { name: 's' } }
  await harness.configure(
    provider('p', spec),
    alert('a', 'p', summary === undefined ? {} : { eventMetadata: { summary } }),
  )
  const left = [...answers]
  harness.answerWith(() => (left.length > 1 ? left.shift() : left[0]) ?? answer(200))
  await harness.send('kustomization-applied', event)
  await harness.drain()
  const [record] = await harness.records()
  const bodies = harness.requests.map(({ body }) => String(body))
  return { harness, record, bodies, requests: harness.requests }
}

describe('a long notification that a service without a known limit refuses', () => {
  it.each([400, 413, 422])('is sent once more in its shortest form after %s', async (status) => {
    const { record, bodies } = await attempted({
      type: 'zoom',
      answers: [answer(status), answer(200)],
    })
    expect(bodies).toHaveLength(2)
    const { content } = JSON.parse(bodies[1] ?? '')
    expect(content.body).toEqual([
      { type: 'message', text: `${'x'.repeat(999)}…` },
      { type: 'fields', items: [{ key: 'revision', value: REVISION }] },
    ])
    expect(record).toMatchObject({
      outcome: 'delivered',
      attempts: [{ attempt: 1, status: 200 }],
      notes: [
        `answered with HTTP ${status}, and sent again shorter: message (1000 of 39000 characters are sent), metadata`,
      ],
    })
    // A replay starts from all of it.
    expect(record?.event.message).toBe(HUGE.message)
  })

  it.each([
    ['1,001 characters', { ...SHORT, message: 'x'.repeat(1_001) }, 2],
    ['21 entries', { ...SHORT, metadata: entries(21) }, 2],
    ['a long value', { ...SHORT, metadata: entries(2, 'v'.repeat(1_001)) }, 2],
    ['1,000 characters and 20 entries', { message: 'x'.repeat(1_000), metadata: entries(20) }, 1],
    ['a short message', SHORT, 1],
  ])('counts as long with %s', async (_, event, requests) => {
    const { bodies, record } = await attempted({ type: 'zoom', answers: [answer(400)], event })
    expect(bodies).toHaveLength(requests)
    expect(record).toMatchObject({ outcome: 'dead', attempts: [{ status: 400 }] })
  })

  it.each([401, 404, 429, 500])('is not sent again after %s', async (status) => {
    const { bodies, record } = await attempted({ type: 'zoom', answers: [answer(status)] })
    // A credential that was not taken is read anew, and tried again as it was.
    expect(bodies).toEqual(Array.from({ length: status === 401 ? 2 : 1 }, () => bodies[0]))
    expect(record?.notes).toEqual([])
  })

  it('comes again whole when the second answer asks for another try', async () => {
    const { harness, record } = await attempted({
      type: 'zoom',
      answers: [answer(413), answer(503), answer(413), answer(200)],
    })
    expect(record).toMatchObject({ outcome: 'retry', attempts: [{ status: 503 }] })
    await harness.drainNext()
    const lengths = harness.requests.map(({ body }) => body.length > 39_000)
    expect(lengths).toEqual([true, false, true, false])
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered', attempt: 2 }])
  })

  it('is retried when the second got no answer', async () => {
    const { record } = await attempted({ type: 'zoom', answers: [answer(400), noAnswer(true)] })
    expect(record).toMatchObject({ outcome: 'retry', reason: 'timeout: test' })
  })

  it('is sent twice within the time of one try', async () => {
    const harness = createHarness()
    harness.secrets.set('local/flux-system/s', SECRET)
    const spec = { type: 'zoom', address: 'https://a.test/hook', secretRef: { name: 's' } }
    await harness.configure(provider('p', { ...spec, timeout: '10s' }), alert('a', 'p'))
    harness.answerWith(() => {
      harness.clock.set(START + 10_000)
      return answer(400)
    })
    await harness.send('kustomization-applied', HUGE)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: 'timeout: the earlier requests took all 10000 ms of this try' },
    ])
  })

  it('loses the summary from the genre of a status of Azure DevOps', async () => {
    const { bodies, record } = await attempted({
      type: 'azuredevops',
      address: GIT,
      answers: [answer(400), answer(201, { 'content-type': 'application/json' }, '{}')],
      event: { ...HUGE, reason: 'ReconciliationSucceeded' },
      summary: 's'.repeat(300),
    })
    const genres = bodies.map((body) => JSON.parse(body).context.genre)
    expect(genres).toEqual([`fluxcd:${'s'.repeat(300)}`, 'fluxcd'])
    expect(record).toMatchObject({
      outcome: 'delivered',
      notes: ['answered with HTTP 400, and sent again without the summary in its genre'],
    })
  })

  it('is not sent again when that would be the same', async () => {
    const { bodies, record } = await attempted({
      type: 'azuredevops',
      address: GIT,
      answers: [answer(400)],
      event: { ...HUGE, reason: 'ReconciliationSucceeded' },
    })
    expect(bodies).toHaveLength(1)
    expect(record).toMatchObject({ outcome: 'dead', notes: [] })
  })
})

describe('a long notification that is too large for a generic webhook', () => {
  it.each(['generic', 'generic-hmac'])('is cut, and says so: %s', async (type) => {
    const { requests, record } = await attempted({ type, answers: [answer(413), answer(200)] })
    const [first, second] = requests
    expect(JSON.parse(String(second?.body))).toMatchObject({
      message: `${'x'.repeat(999)}…`,
      metadata: {
        'flux-relay.io/cut': 'message (1000 of 39000 characters are sent), metadata',
        revision: REVISION,
      },
    })
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    if (type === 'generic-hmac') {
      const hex = createHmac('sha256', SECRET.token).update(String(second?.body)).digest('hex')
      expect(second?.headers['x-signature']).toBe(`sha256=${hex}`)
    }
    expect(record).toMatchObject({ outcome: 'delivered' })
    expect(record?.notes).toEqual([expect.stringMatching(/^answered with HTTP 413, and sent/)])
  })

  it.each([400, 422])('is not cut after %s, which says something else', async (status) => {
    const { bodies } = await attempted({ type: 'generic', answers: [answer(status)] })
    expect(bodies).toHaveLength(1)
  })
})

it.each([
  ['slack', 'https://hooks.slack.com/services/x'],
  ['discord', 'https://a.test/hook'],
  ['grafana', 'https://a.test/hook'],
])('%s, of known limits, is asked once', async (type, address) => {
  const { bodies } = await attempted({ type, address, answers: [answer(413)] })
  expect(bodies).toHaveLength(1)
})
