import { describe, expect, it } from 'vitest'
import type { DeliveryView } from '../../../relay/api/delivery-view.ts'
import { testProvider } from '../../../relay/api/test-provider.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import type { HttpResponse, OutboundRequest } from '../../../relay/ports/http.ts'
import { isHttpProvider } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { SHA1 } from '../../support/commit-events.ts'
import { plainProvider } from '../../support/plain-provider.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  noAnswer,
  provider,
} from '../../support/relay-harness.ts'
import { annotated } from './rules/annotated.ts'

const SLACK = 'https://hooks.slack.test/services/T1/B1/hunter2hunter2hunter2'

interface Reply {
  readonly status: number
  readonly body: DeliveryView & { readonly type?: string; readonly detail?: string }
}

/** Asks for a test, as the embedded host does. */
async function test(
  harness: Harness,
  name: string,
  wishes: object = {},
  by?: string,
): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ cluster: CLUSTER, ...wishes }))
  const request = { namespace: 'flux-system', name, body, contentEncoding: undefined, by }
  const { dispatchTest } = harness.dispatcher
  const { status, body: text } = await testProvider(harness.ports, request, dispatchTest)
  return { status, body: JSON.parse(text) }
}

async function withSlack(spec: Record<string, unknown> = {}, parts = {}) {
  const harness = createHarness({}, parts)
  harness.secrets.set(`${CLUSTER}/flux-system/slack`, { address: SLACK })
  await harness.configure(
    provider('slack', { type: 'slack', channel: 'general', secretRef: { name: 'slack' }, ...spec }),
    alert('on-call', 'slack'),
  )
  return harness
}

const bodyOf = (request: OutboundRequest | undefined) => String(request?.body ?? '')

describe('a test of a Provider', () => {
  it('has the texts of the rules of its Provider', async () => {
    const harness = createHarness()
    const rules = {
      title: '$(event.reason) in $(cluster)',
      text: '$(event.message)!',
      fields: 'cluster: $(cluster)\nteam: $(labels.team)',
      link: 'https://e.x/$(provider.metadata.name)',
    }
    const spec = { type: 'slack', address: SLACK }
    await harness.configure(annotated(provider('slack', spec), rules))
    const { body } = await test(harness, 'slack', { message: 'hello' })
    const [attachment] = JSON.parse(bodyOf(harness.requests[0])).attachments
    expect(attachment).toMatchObject({
      author_name: 'ProviderTest in local',
      author_link: 'https://e.x/slack',
      text: 'hello!',
      fields: [{ title: 'cluster', value: 'local' }, { title: 'test' }],
    })
    expect(body.notes).toEqual([
      expect.stringMatching(/^the rule fields \(team\) has no effect, as it failed: /),
    ])
  })

  it('says that the relay itself is at a limit', async () => {
    const harness = await withSlack()
    const detail = 'cannot connect to hooks.slack.test:443 (EMFILE)'
    harness.answerWith(() => ({ kind: 'failure', cause: 'host', mayHaveArrived: false, detail }))
    const { status, body } = await test(harness, 'slack')
    const reason = `the relay has too many files open: ${detail}`
    expect([status, body.outcome, body.reason]).toEqual([200, 'failed', reason])
    expect(await harness.records()).toMatchObject([{ reason, tries: 0 }])
  })

  it('is in no thread', async () => {
    const harness = createHarness()
    const address = 'https://chat.googleapis.com/v1/spaces/A/messages?key=k'
    const spec = { type: 'googlechat', address }
    await harness.configure(annotated(provider('chat', spec), { thread: 'object' }))
    await test(harness, 'chat')
    expect(JSON.parse(bodyOf(harness.requests[0]))).not.toHaveProperty('thread')
  })

  it('sends one sample that says what it is, and answers with what the service said', async () => {
    const harness = await withSlack()
    harness.answerWith(() => answer(200, {}, 'ok for T1/B1/hunter2hunter2hunter2'))
    const { status, body } = await test(harness, 'slack', {}, 'ann')
    expect([status, body.outcome, body.reason]).toEqual([200, 'delivered', 'HTTP 200'])
    expect(body).toMatchObject({
      test: { by: 'ann' },
      object: 'Provider/flux-system/slack',
      provider: { name: 'slack', type: 'slack' },
      attempts: [
        {
          outcome: 'delivered',
          status: 200,
          responseExcerpt: expect.not.stringContaining('hunter2'),
        },
      ],
    })
    expect(harness.requests).toHaveLength(1)
    expect(bodyOf(harness.requests[0])).toContain(
      'This is a test of the Provider flux-system/slack',
    )
    const [record, ...others] = await harness.records()
    expect([record?.id, record?.test, others]).toEqual([body.id, { by: 'ann' }, []])
  })

  it('has the severity and the message that are asked for', async () => {
    const harness = await withSlack()
    await test(harness, 'slack', { severity: 'error', message: 'Hello, on-call.' })
    expect(bodyOf(harness.requests[0])).toContain('Hello, on-call.')
    expect(bodyOf(harness.requests[0])).toContain('danger')
  })

  it('is tried once, and is failed and not dead', async () => {
    const harness = await withSlack()
    harness.answerWith(() => answer(503, {}, 'try later'))
    const { status, body } = await test(harness, 'slack')
    expect([status, body.outcome]).toEqual([200, 'failed'])
    expect(body).toMatchObject({ attempts: [{ outcome: 'dead', status: 503 }] })
    harness.clock.advance(86_400_000)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    const { ledger } = harness.ports
    expect((await ledger.list({ outcome: 'dead' }, 10)).records).toEqual([])
    expect((await ledger.list({ outcome: 'failed' }, 10)).records).toHaveLength(1)
    expect(await requestReplay(harness.ports, body.id)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('was a test'),
    })
    harness.answerWith(() => noAnswer(true))
    expect((await test(harness, 'slack')).body).toMatchObject({ outcome: 'failed', attempts: [{}] })
  })

  it('is no repeat, and makes nothing else one', async () => {
    const harness = await withSlack()
    const tests = [await test(harness, 'slack'), await test(harness, 'slack')]
    expect(tests.map(({ body }) => body.outcome)).toEqual(['delivered', 'delivered'])
    await harness.send('kustomization-finished')
    await harness.drain()
    await test(harness, 'slack')
    await harness.send('kustomization-finished', { timestamp: '2026-11-20T09:15:03Z' })
    await harness.drain()
    const events = (await harness.records()).filter((record) => record.test === undefined)
    expect(events.map(({ outcome }) => outcome).toSorted()).toEqual(['delivered', 'suppressed'])
  })

  it('reads its Secrets past every cache', async () => {
    const asked: unknown[] = []
    const harness = await withSlack(
      {},
      {
        secrets: {
          async read(_cluster: string, _ns: string, _name: string, options: object = {}) {
            asked.push(options)
            return { data: { address: SLACK }, version: '1' }
          },
        },
      },
    )
    asked.length = 0
    await test(harness, 'slack')
    expect(asked).toEqual([{ fresh: true }])
  })

  it('says which Secret is missing', async () => {
    const harness = await withSlack()
    harness.secrets.clear()
    const { body } = await test(harness, 'slack')
    expect(body.outcome).toBe('failed')
    expect(body.reason).toContain('Secret flux-system/slack is not known to the relay')
    expect([harness.requests.length, body.attempts]).toEqual([0, []])
  })

  it('goes to a Provider that is suspended, and says so', async () => {
    const harness = await withSlack({ suspend: true })
    const { body } = await test(harness, 'slack')
    expect(body.outcome).toBe('delivered')
    expect(body.notes).toEqual([expect.stringContaining('the Provider is suspended')])
  })

  it('goes out of a cluster that is observed, and says so', async () => {
    const harness = await withSlack({}, { modes: { isObserved: async () => true } })
    const { body } = await test(harness, 'slack')
    expect(body.outcome).toBe('delivered')
    expect(body.notes).toEqual([expect.stringContaining('the cluster is observed')])
    expect(harness.requests).toHaveLength(1)
  })

  it('goes to a destination that is parked, and leaves it parked', async () => {
    const harness = await withSlack()
    harness.answerWith(() => answer(429, { 'retry-after': '3600' }))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    harness.answerWith(() => answer(200))
    expect((await test(harness, 'slack')).body.outcome).toBe('delivered')
    await harness.send('kustomization-finished', { message: 'another one' })
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
  })

  it('names a Provider that is not there, or not valid', async () => {
    const harness = await withSlack()
    expect(await test(harness, 'other')).toMatchObject({
      status: 404,
      body: {
        type: 'unknown-provider',
        detail: 'the cluster local has no Provider flux-system/other',
      },
    })
    await harness.configure(provider('slack', { type: 'slack', timeout: 'soon' }))
    expect(await test(harness, 'slack')).toMatchObject({
      status: 404,
      body: { type: 'unknown-provider', detail: expect.stringMatching(/is not valid: .*timeout/) },
    })
    const { body } = await test(harness, 'slack', { cluster: 'elsewhere' })
    expect(body).toMatchObject({ type: 'no-config' })
    await harness.configure(provider('slack', { type: 'carrier-pigeon' }))
    expect((await test(harness, 'slack')).body).toMatchObject({
      outcome: 'failed',
      reason: 'Provider flux-system/slack has the unknown type carrier-pigeon',
    })
  })

  it.each<[string, object, RegExp]>([
    ['no cluster', { cluster: undefined }, /^cluster: /],
    ['another severity', { severity: 'trace' }, /^severity: /],
    ['no message', { message: '' }, /^message: /],
    ['a short hash', { commit: '9e2f4c1' }, /^commit: expected the whole hash/],
    ['a change request that is no number', { changeRequest: 'main' }, /^changeRequest: /],
  ])('is refused with %s', async (_, wishes, detail) => {
    const harness = await withSlack()
    const { status, body } = await test(harness, 'slack', wishes)
    expect([status, body.type]).toEqual([400, 'not-valid'])
    expect(body.detail).toMatch(detail)
    expect(harness.requests).toEqual([])
  })

  it('is made once when its message comes twice, as on AWS', async () => {
    const harness = await withSlack()
    harness.answerWith(() => answer(500))
    const { ledger, clock, queue } = harness.ports
    const body = Buffer.from(JSON.stringify({ cluster: CLUSTER }))
    const request = { namespace: 'flux-system', name: 'slack', body, contentEncoding: undefined }
    const asked = await testProvider(harness.ports, request, async (record) => {
      const { id, cluster, attempt } = record
      const now = clock.now()
      const status = { kind: 'waiting', why: 'replay', dueAt: now, reason: 'asked for' } as const
      const waiting = { ...record, status }
      await ledger.writeMany([{ record: waiting, expected: 'absent' }])
      const message = { deliveryId: id, attempt, dueAt: now, cluster }
      await queue.sendRetries([message, message])
      await harness.dispatcher.dispatchRetry(message)
      await harness.drain()
      return waiting
    })
    expect([asked.status, JSON.parse(asked.body).outcome]).toEqual([202, 'retry'])
    expect(harness.requests).toHaveLength(1)
    expect(await harness.records()).toMatchObject([{ outcome: 'failed', attempt: 1, tries: 1 }])
    expect(harness.nextWakeAt()).toBeUndefined()
  })

  it('rejects when a store fails, and sends nothing without a place for the outcome', async () => {
    const harness = await withSlack()
    harness.ports.ledger.assertWritable = () => {
      throw new Error('disk full')
    }
    await expect(test(harness, 'slack')).rejects.toThrow('disk full')
    expect(harness.requests).toEqual([])
  })
})

describe('a test of a type that is about commits', () => {
  async function withGithub(spec: Record<string, unknown> = {}) {
    const harness = createHarness()
    harness.answerWith(() => answer(201, {}, '{}'))
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'token-1' })
    const [github, podinfo] = githubPair()
    await harness.configure(
      { ...github, spec: { ...Object(github).spec, ...spec } } as object as Record<string, unknown>,
      ...(podinfo ? [podinfo] : []),
    )
    return harness
  }

  it('needs a commit, and says so', async () => {
    const harness = await withGithub()
    const { status, body } = await test(harness, 'github')
    expect([status, body.type]).toEqual([400, 'not-valid'])
    expect(body.detail).toMatch(
      /^a test of the type github needs a commit \(--commit\), which gets a status of its own/,
    )
    expect([harness.requests.length, (await harness.records()).length]).toEqual([0, 0])
  })

  it('sets a status of its own there, whatever the expression of the Provider', async () => {
    const harness = await withGithub({ commitStatusExpr: "'flux'" })
    const { body } = await test(harness, 'github', { commit: SHA1 })
    expect(body.outcome).toBe('delivered')
    const [request] = harness.requests
    expect(request?.url).toMatch(new RegExp(`/statuses/${SHA1}$`))
    expect(JSON.parse(bodyOf(request))).toMatchObject({
      context: 'provider/github/0c9c2e41',
      description: 'provider test',
      state: 'success',
    })
  })

  it('claims no commit and remembers no status', async () => {
    const harness = await withGithub()
    const before = await harness.rowsChanged()
    await test(harness, 'github', { commit: SHA1 })
    // The record, and nothing beside it.
    expect((await harness.rowsChanged()) - before).toBe(1)
    expect((await test(harness, 'github', { commit: SHA1 })).body.outcome).toBe('delivered')
    expect(harness.requests).toHaveLength(2)
  })
})

describe.each([...providerTypes.values()].map((type) => [type.type, type] as const))(
  '%s',
  (name, type) => {
    it('takes a sample', async () => {
      const published: string[] = []
      const harness = createHarness(
        {},
        {
          nats: {
            async publish({ body }) {
              published.push(body)
              return { kind: 'published' } as never
            },
          },
          mail: {
            async send({ text }) {
              published.push(text)
              return { kind: 'sent', answer: '250 Ok', refused: [] }
            },
          },
        },
      )
      harness.answerWith(({ url }) => json(url.includes('token') ? { access_token: 'a' } : {}))
      const plain = plainProvider(type)
      harness.secrets.set(`${CLUSTER}/flux-system/p`, plain.secret)
      await harness.configure(provider('p', { ...plain.spec, secretRef: { name: 'p' } }))
      for (const severity of ['info', 'error']) {
        const { status, body } = await test(harness, 'p', {
          severity,
          commit: SHA1,
          changeRequest: 7,
        })
        expect(status, body.detail).toBe(200)
        expect(body.reason).not.toMatch(/bug|names no/)
        if (isHttpProvider(type))
          expect([body.outcome, body.reason]).toEqual(['delivered', 'HTTP 200'])
      }
      expect(harness.requests.length + published.length).toBeGreaterThanOrEqual(2)
      const needs = {
        'commit-status': 'commit',
        deployment: 'commit',
        'change-request': 'change request',
      }[String(type.family)]
      const { status, body } = await test(harness, 'p')
      expect([status, name]).toEqual([needs === undefined ? 200 : 400, name])
      if (needs !== undefined) expect(body.detail).toContain(needs)
    })
  },
)

function json(value: object): HttpResponse {
  return answer(200, { 'content-type': 'application/json' }, JSON.stringify(value)) as HttpResponse
}
