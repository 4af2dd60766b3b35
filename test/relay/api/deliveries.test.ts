import { describe, expect, it } from 'vitest'
import { listDeliveries, showDelivery } from '../../../relay/api/deliveries.ts'
import { deliveryView } from '../../../relay/api/delivery-view.ts'
import { deliveryRecord, event, eventRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const HOUR_MS = 3_600_000

function setup() {
  const ports = memoryPorts()
  ports.ledger.put(
    deliveryRecord({ id: 'a', acceptedAt: START - 2 * HOUR_MS, outcome: 'dead' }),
    deliveryRecord({ id: 'b', acceptedAt: START - HOUR_MS, cluster: 'prod' }),
    deliveryRecord({ id: 'c', acceptedAt: START, event: event('webapp') }),
  )
  const list = async (query: string) => {
    const answer = await listDeliveries(ports, new URLSearchParams(query))
    return { ...answer, json: JSON.parse(answer.body) }
  }
  const ids = async (query: string) =>
    (await list(query)).json.deliveries.map(({ id }: { id: string }) => id).join('')
  return { ports, list, ids }
}

describe('listDeliveries', () => {
  it.each([
    ['', 'cba'],
    ['cluster=prod', 'b'],
    ['alert=flux-system/on-call', 'cba'],
    ['provider=flux-system/none', ''],
    ['object=Kustomization/flux-system/webapp', 'c'],
    ['outcome=dead', 'a'],
    ['since=1h', 'cb'],
    ['since=1h30m&until=30m', 'b'],
    ['until=2026-11-20T08:14:03Z', 'a'],
    ['since=2026-11-20T10:14:03%2B01:00', 'c'],
    ['limit=200&outcome=delivered', 'cb'],
    ['outcome=dead,delivered', 'cba'],
    ['since=2026-11-20', 'cba'],
    ['since=2026-11-20T08:14', 'cb'],
    ['until=2026-11-20%2008:14:03', 'a'],
    ['since=1d', 'cba'],
    ['until=0d1h', 'a'],
    ['since=0d', 'c'],
    ['id=b', 'b'],
    ['id=b&cluster=local', ''],
    ['event=event-1', 'cba'],
    ['event=event-2', ''],
    ['reason=reconciliationsucceeded', 'cba'],
    ['reason=HealthCheckFailed', ''],
    ['severity=INFO', 'cba'],
    ['severity=error', ''],
    ['text=FINISHED', 'cba'],
    ['text=slack%20answered&cluster=prod', 'b'],
    ['text=nothing%20of%20this', ''],
  ])('lists %j as %j', async (query, expected) => {
    const { ids } = setup()
    expect(await ids(query)).toBe(expected)
  })

  it('pages, with a duration counting from the first page on', async () => {
    const { ports, list } = setup()
    const first = await list('since=1h&limit=1')
    expect(first.json.deliveries).toMatchObject([{ id: 'c' }])
    ports.clock.advance(60_000)
    const cursor = encodeURIComponent(first.json.nextCursor)
    const second = await list(`since=1h&limit=1&cursor=${cursor}`)
    expect(second.json.deliveries).toMatchObject([{ id: 'b' }])
    expect(first.json.reachedTime).toBe(new Date(START).toISOString())
    expect(second.json).not.toHaveProperty('nextCursor')
    expect(second.json).not.toHaveProperty('reachedTime')
    for (const query of [`since=2h&cursor=${cursor}`, `cursor=${cursor}`, `cursor=${cursor}x`]) {
      expect((await list(query)).json, query).toMatchObject({ errors: [{ field: 'cursor' }] })
    }
  })

  it.each([
    ['limit=0', 'limit', '1 to 200'],
    ['limit=201', 'limit', '1 to 200'],
    ['limit=ten', 'limit', '1 to 200'],
    ['limit=', 'limit', '1 to 200'],
    ['limit=1e2', 'limit', '1 to 200'],
    ['since=yesterday', 'since', 'RFC 3339'],
    ['since=2026-11-31', 'since', 'RFC 3339'],
    ['since=2026-11-20T25:00', 'since', 'plain date'],
    ['since=1d2d', 'since', 'such as 1h or 2d'],
    ['outcome=dead,lost', 'outcome', 'with commas between'],
    ['outcome=', 'outcome', 'expected one of'],
    ['event=a b', 'event', 'its beginning'],
    ['id=%25', 'id', 'its beginning'],
    ['text=', 'text', 'expected a text'],
    ['until=-1h', 'until', 'duration'],
    ['outcome=lost', 'outcome', 'delivered'],
    ['alert=on-call', 'alert', 'namespace/name'],
    ['provider=a/b/c', 'provider', 'namespace/name'],
    ['object=Kustomization/podinfo', 'object', 'Kind/namespace/name'],
    ['cluster=Prod_1', 'cluster', 'DNS label'],
    ['cursor=nonsense', 'cursor', 'nextCursor'],
    ['cursor=', 'cursor', 'nextCursor'],
    ['cursor=1.nonsense', 'cursor', 'nextCursor'],
    ['namespace=x', 'namespace', 'is not a parameter'],
    ['__proto__=x', '__proto__', 'is not a parameter'],
    ['outcome=dead&outcome=dead', 'outcome', 'twice'],
  ])('refuses %j and names the parameter', async (query, field, message) => {
    const { list } = setup()
    const answer = await list(query)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({
      detail: expect.stringContaining(field),
      errors: [{ field, message: expect.stringContaining(message) }],
    })
  })
})

describe('deliveryView', () => {
  const attempt = {
    attempt: 1,
    startedAt: START + 1_000,
    durationMs: 250,
    outcome: 'delivered',
    reason: 'slack answered 200',
    status: 200,
  } as const

  it('shows times as text, and the time from acceptance to delivery', () => {
    const record = deliveryRecord({ attempts: [attempt], replayedAt: [START] })
    expect(deliveryView(record)).toEqual({
      id: 'delivery-1',
      cluster: 'local',
      outcome: 'delivered',
      reason: 'slack answered 200',
      notes: [],
      object: 'Kustomization/flux-system/podinfo',
      alert: record.alert,
      provider: record.provider,
      eventId: 'event-1',
      event: record.event,
      acceptedAt: '2026-11-20T09:14:03.000Z',
      attempt: 1,
      tries: 1,
      latencyMs: 1_250,
      attempts: [{ ...attempt, startedAt: '2026-11-20T09:14:04.000Z' }],
      failures: 0,
      chainStartedAt: '2026-11-20T09:14:03.000Z',
      replayedAt: ['2026-11-20T09:14:03.000Z'],
      repeats: 0,
      createdAt: '2026-11-20T09:14:03.000Z',
      updatedAt: '2026-11-20T09:14:03.000Z',
    })
  })

  it('shows when a retry is due, and leaves out what a record does not have', () => {
    const view = deliveryView(eventRecord({ outcome: 'retry', dueAt: START }))
    expect(view.dueAt).toBe('2026-11-20T09:14:03.000Z')
    for (const key of ['alert', 'provider', 'latencyMs', 'objectLabels']) {
      expect(view).not.toHaveProperty(key)
    }
  })

  it('shows one delivery, or none', async () => {
    const { ports } = setup()
    expect(JSON.parse((await showDelivery(ports, 'a')).body)).toMatchObject({ id: 'a' })
    expect(await showDelivery(ports, 'z')).toMatchObject({ status: 404 })
  })
})
