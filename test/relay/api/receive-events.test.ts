import { describe, expect, it } from 'vitest'
import { receiveEvents } from '../../../relay/api/receive-events.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import { fixtureJson } from '../../support/notifications.ts'

const DAY_MS = 24 * 3_600_000
const EVENT = fixtureJson('kustomization-applied')

function setup() {
  const ports = memoryPorts()
  const receive = async (value: unknown, changes: object = {}) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const body = Buffer.from(text)
    const request = { cluster: 'prod', body, isSigned: false, events: 'any' as const, ...changes }
    const answer = await receiveEvents(ports, request)
    return { ...answer, json: JSON.parse(answer.body) as unknown }
  }
  return { ports, receive }
}

describe('receiveEvents', () => {
  it('pauses while it reads a large batch, whose events come after what came meanwhile', async () => {
    const { ports, receive } = setup()
    const items = Array.from({ length: 100 }, (_, index) =>
      index === 70 ? 7 : { ...EVENT, message: `event ${index}` },
    )
    const body = Buffer.from(JSON.stringify(items))
    const request = { cluster: 'prod', body, isSigned: false, events: 'any' as const }
    let pauses = 0
    const answer = await receiveEvents(ports, request, async () => {
      pauses += 1
      ports.clock.advance(1_000)
      await receive({ ...EVENT, message: `meanwhile ${pauses}` })
    })
    expect(answer.counts).toMatchObject({ accepted: 99, duplicates: 0, rejected: 1 })
    expect(JSON.parse(answer.body)).toMatchObject({ rejected: [{ index: 70 }] })
    expect(pauses).toBeGreaterThanOrEqual(4)
    const { events } = ports.queue
    const texts = Array.from({ length: pauses }, (_, n) => `meanwhile ${n + 1}`)
    expect(events.slice(0, pauses).map(({ event }) => event.message)).toEqual(texts)
    const times = events.map(({ orderTime = 0 }) => orderTime)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(events.slice(pauses).map(({ acceptedAt }) => acceptedAt))).toEqual(
      new Set([ports.clock.now()]),
    )
  })

  it.each([
    ['one of a batch', [{}]],
    ['alone', []],
  ])('refuses an event of 150,000 metadata keys, %s, without failing', async (_, others) => {
    const { ports, receive } = setup()
    const metadata = Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [`k${n}`, '']))
    const answer = await receive([...others, { ...EVENT, metadata }])
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('larger than 10000 values')
    expect((await receive({ ...EVENT, metadata })).status).toBe(413)
    expect((await receive({ ...EVENT, metadata }, { events: 'one' })).status).toBe(413)
    expect(ports.queue.events).toEqual([])
  })

  it('queues a large batch a part at a time', async () => {
    const { ports, receive } = setup()
    const sizes: number[] = []
    const send = ports.queue.send.bind(ports.queue)
    ports.queue.send = (events) => {
      sizes.push(events.length)
      return send(events)
    }
    const items = Array.from({ length: 600 }, (_, n) => ({ ...EVENT, message: `event ${n}` }))
    expect((await receive(items)).counts).toMatchObject({ accepted: 600 })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(250)
    expect(ports.queue.events.map(({ event }) => event.message)).toEqual(
      items.map(({ message }) => message),
    )
  })

  it('queues what is good before it answers, and names what is not', async () => {
    const { ports, receive } = setup()
    const other = { ...EVENT, message: 'another' }
    const answer = await receive([EVENT, { involvedObject: { kind: 'X' } }, 7, other])
    expect(answer).toMatchObject({ status: 202, contentType: 'application/json' })
    expect(answer.json).toEqual({
      accepted: 2,
      rejected: [
        {
          index: 1,
          error:
            'involvedObject.namespace: is missing, expected string; involvedObject.name: is missing, expected string',
        },
        { index: 2, error: 'expected object, received number' },
      ],
    })
    expect(answer.counts).toMatchObject({ accepted: 2, duplicates: 0, rejected: 2 })
    expect(ports.queue.events.map(({ event, cluster }) => [cluster, event.message])).toEqual([
      ['prod', EVENT.message],
      ['prod', 'another'],
    ])
  })

  it('accepts a batch that was sent again, and queues nothing twice', async () => {
    const { ports, receive } = setup()
    await receive([EVENT])
    const again = await receive([EVENT, { ...EVENT, message: 'new' }])
    expect(again.json).toEqual({ accepted: 2, rejected: [] })
    expect(again.counts).toMatchObject({ accepted: 1, duplicates: 1, rejected: 0 })
    expect(ports.queue.events).toHaveLength(2)
  })

  it('is a problem when nothing is good', async () => {
    const { ports, receive } = setup()
    const one = await receive({ ...EVENT, involvedObject: undefined })
    expect(one).toMatchObject({ status: 400, contentType: 'application/problem+json' })
    expect(one.json).toEqual({
      type: 'none-good',
      title: 'Bad Request',
      status: 400,
      detail: 'the event is not valid: involvedObject: is missing, expected object',
      errors: [{ index: 0, error: 'involvedObject: is missing, expected object' }],
    })
    const many = await receive('{"a":1}\n{"b":2')
    expect(many.json).toMatchObject({
      detail: expect.stringMatching(/^none of 2 events is valid; the first: involvedObject/),
      errors: [
        { index: 0, error: expect.stringContaining('involvedObject') },
        { index: 1, error: expect.stringMatching(/^line 2 is not valid JSON/) },
      ],
    })
    expect(many.counts).toMatchObject({ accepted: 0, duplicates: 0, rejected: 2 })
    expect(ports.queue.events).toEqual([])
  })

  it('rejects what is too large for the queue, by its place in the request', async () => {
    const { ports, receive } = setup()
    ports.queue.tooLarge = (event) => event.event.message === 'huge'
    const huge = { ...EVENT, message: 'huge' }
    const answer = await receive([huge, EVENT, 7, huge])
    expect(answer.status).toBe(202)
    expect(answer.json).toEqual({
      accepted: 1,
      rejected: [
        { index: 0, error: expect.stringContaining('too large for the queue') },
        { index: 2, error: 'expected object, received number' },
        { index: 3, error: expect.stringContaining('too large for the queue') },
      ],
    })
    expect(answer.counts).toMatchObject({ accepted: 1, duplicates: 0, rejected: 3 })
    const alone = await receive(huge)
    expect(alone.json).toMatchObject({
      status: 400,
      detail: expect.stringContaining('too large for the queue'),
      errors: [{ index: 0 }],
    })
    expect(alone.counts).toMatchObject({ accepted: 0, duplicates: 0, rejected: 1 })
  })

  it('asks to send again when the queue fails, and keeps why to itself', async () => {
    const { ports, receive } = setup()
    ports.queue.failure = new Error('disk is full at /var/secret-place')
    const answer = await receive([EVENT])
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ detail: expect.stringContaining('send the request again') })
    expect(answer.body).not.toContain('secret-place')
    expect(answer.cause).toBe(ports.queue.failure)
    expect(answer.counts).toMatchObject({ accepted: 0, duplicates: 0, rejected: 0 })
  })

  it('refuses signed events that are older than a week', async () => {
    const { ports, receive } = setup()
    ports.clock.set(Date.parse(String(EVENT.timestamp)) + 7 * DAY_MS)
    expect((await receive(EVENT, { isSigned: true })).status).toBe(202)
    ports.clock.advance(1)
    expect((await receive(EVENT, { isSigned: true })).json).toMatchObject({
      status: 400,
      errors: [{ index: 0, error: 'timestamp: older than 7 days' }],
    })
    expect((await receive(EVENT)).status).toBe(202)
  })

  it.each([
    ['a millisecond more than ten minutes', 600_001],
    ['an hour', 3_600_000],
    ['seventy years', 70 * 365 * DAY_MS],
  ])('refuses signed events that are %s ahead', async (_, aheadMs) => {
    const { ports, receive } = setup()
    ports.clock.set(Date.parse(String(EVENT.timestamp)) - aheadMs)
    expect((await receive(EVENT, { isSigned: true })).json).toMatchObject({
      status: 400,
      errors: [{ index: 0, error: "timestamp: over 10 minutes ahead of the relay's clock" }],
    })
    expect((await receive(EVENT)).status).toBe(202)
  })

  it('takes signed events up to ten minutes ahead', async () => {
    const { ports, receive } = setup()
    ports.clock.set(Date.parse(String(EVENT.timestamp)) - 600_000)
    expect((await receive(EVENT, { isSigned: true })).status).toBe(202)
  })

  it.each([undefined, '', 'kustomize-controller', 'x'])(
    'names the keys of a signed event alike, whatever header comes with it: %s',
    async (gotkComponent) => {
      const { ports, receive } = setup()
      const metadata = { revision: 'main', commit: 'abc', change_request: '7', team: 'a' }
      await receive({ ...EVENT, metadata }, { isSigned: true })
      const again = await receive({ ...EVENT, metadata }, { isSigned: true, gotkComponent })
      expect(again.counts).toMatchObject({ accepted: 0, duplicates: 1, rejected: 0 })
      expect(ports.queue.events.map(({ event }) => event.metadata)).toEqual([
        {
          'event.toolkit.fluxcd.io/change_request': '7',
          'event.toolkit.fluxcd.io/commit': 'abc',
          'kustomize.toolkit.fluxcd.io/revision': 'main',
          'kustomize.toolkit.fluxcd.io/team': 'a',
        },
      ])
    },
  )

  it('restores what a notification-controller stripped', async () => {
    const { ports, receive } = setup()
    const bare = { ...EVENT, metadata: { revision: 'main', commit: 'abc' } }
    await receive(bare, { gotkComponent: 'kustomize-controller' })
    expect(ports.queue.events[0]?.event.metadata).toEqual({
      'event.toolkit.fluxcd.io/commit': 'abc',
      'kustomize.toolkit.fluxcd.io/revision': 'main',
    })
  })

  it('takes labels beside an event, and only one event where one is asked for', async () => {
    const { ports, receive } = setup()
    await receive({ event: EVENT, objectLabels: { team: 'web' } })
    expect(ports.queue.events[0]?.objectLabels).toEqual({ team: 'web' })
    const batch = await receive([EVENT], { events: 'one' })
    expect(batch.json).toMatchObject({
      status: 400,
      detail: 'expected one JSON object, received an array',
    })
  })

  it('bounds what it says about names that a sender made up', async () => {
    const { receive } = setup()
    const answer = await receive({ ...EVENT, metadata: { ['k'.repeat(1_000_000)]: 1 } })
    expect(answer.status).toBe(400)
    expect(answer.body.length).toBeLessThan(5_000)
  })
})
