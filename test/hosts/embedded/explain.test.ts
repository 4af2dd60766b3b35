import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { event } from '../../support/delivery-records.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { alert, provider } from '../../support/relay-harness.ts'

const MANIFESTS = [
  provider('hook', { type: 'generic', address: 'https://a.test/hunter2' }),
  alert('all', 'hook'),
  alert('errors', 'hook', { eventSeverity: 'error' }),
]

async function started() {
  const relay = await startRelay({ tokens: TOKENS })
  const { ports } = relay
  await ports.configs.replace(await reconcile('prod', MANIFESTS, 0, ports.secrets))
  const explain = (body: unknown, token = OPERATOR) =>
    relay.call('POST', '/v1/explain', {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { ...relay, explain }
}

describe('POST /v1/explain', () => {
  it('answers what each Alert in force does, and neither queues nor sends', async () => {
    const { explain, ports } = await started()
    const reply = await explain({ cluster: 'prod', event: event() })
    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toMatchObject({
      cluster: 'prod',
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
      verdicts: [
        { alert: { name: 'all' }, outcome: 'delivered', requests: [{ url: 'https://a.test/***' }] },
        { alert: { name: 'errors' }, outcome: 'skipped', rule: 'severity' },
      ],
    })
    expect(reply.text).not.toContain('hunter2')
    expect(ports.queue.events).toEqual([])
    expect((await ports.ledger.list({}, 10)).records).toEqual([])
  })

  it('is for operators only', async () => {
    const { explain } = await started()
    expect((await explain({ cluster: 'prod', event: event() }, PROD)).status).toBe(401)
  })

  it.each<[string, unknown, number, string]>([
    ['no cluster', { event: event() }, 400, 'cluster: '],
    [
      'a cluster that is no name',
      { cluster: 'A b', event: event() },
      400,
      'cluster: expected a DNS',
    ],
    ['a cluster without a set', { cluster: 'stage', event: event() }, 404, 'no configuration yet'],
    ['no event', { cluster: 'prod' }, 400, 'event: '],
    ['an event of no object', { cluster: 'prod', event: {} }, 400, 'event: involvedObject'],
    [
      'labels that are none',
      { cluster: 'prod', event: event(), objectLabels: { a: 1 } },
      400,
      'objectLabels.a: ',
    ],
    ['a list', [], 400, 'expected one JSON object'],
  ])('refuses %s', async (_, body, status, detail) => {
    const { explain } = await started()
    const reply = await explain(body)
    expect(reply.status).toBe(status)
    expect((JSON.parse(reply.text) as { detail: string }).detail).toContain(detail)
  })
})
