import { describe, expect, it } from 'vitest'
import { LaterVersion } from '../../relay/model/stored/errors.ts'
import { eventRecordId } from '../../relay/pipeline/record.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { answer } from '../support/relay-harness.ts'
import { virtualRelay } from '../support/virtual-relay.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Dispatch, and what it posts, as `object message`; a destination takes so long to answer. */
async function open(takesMs = 0) {
  const clock = new ManualClock()
  const posts: string[] = []
  const relay = await virtualRelay({
    clock,
    send: async ({ body }) => {
      clock.advance(takesMs)
      const { involvedObject, message } = JSON.parse(String(body))
      posts.push(`${involvedObject.name} ${message}`)
      return answer(200)
    },
  })
  const startedAt = clock.now()
  const send = (...names: readonly string[]) =>
    relay.send(
      ...names.map((name) => {
        const [object = '', message = ''] = name.split(' ')
        return acceptedEvent({ event: event(object, message), acceptedAt: startedAt })
      }),
    )
  /** Runs until a time, or until there is nothing that could be received. */
  const run = async (forMs = Number.POSITIVE_INFINITY) => {
    await relay.drain()
    for (let at = relay.nextVisibleAt(); at !== undefined; at = relay.nextVisibleAt()) {
      if (at > startedAt + forMs) return
      clock.set(Math.max(at, clock.now()))
      await relay.drain()
    }
  }
  return { ...relay, posts, startedAt, enqueue: send, run }
}

const messages = (object: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${object} ${n}`)

describe('what fails in a batch', () => {
  it('comes back in a second when there was no time to start it', async () => {
    const relay = await open(6 * SECOND_MS)
    await relay.enqueue(...messages('podinfo', 10))
    await relay.run()
    expect(relay.posts).toEqual(messages('podinfo', 10))
    expect(relay.lambda.calls).toBe(2)
    expect(relay.clock.now() - relay.startedAt).toBe(61 * SECOND_MS)
  })

  it('comes back after 5 s, doubled each time up to 360 s', async () => {
    const relay = await open()
    const { ledger } = relay.ports
    const readMany = ledger.readMany.bind(ledger)
    ledger.readMany = async () => {
      throw new Error('throttled')
    }
    await relay.enqueue('podinfo 1')
    const waits: number[] = []
    for (let n = 0; n < 9; n += 1) {
      await relay.drain()
      const at = relay.nextVisibleAt() ?? 0
      waits.push((at - relay.clock.now()) / SECOND_MS)
      relay.clock.set(at)
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360])
    ledger.readMany = readMany
    await relay.run()
    expect(relay.posts).toEqual(['podinfo 1'])
  })

  it('is not overtaken by what is behind it', async () => {
    const relay = await open()
    const { ledger } = relay.ports
    const writeMany = ledger.writeMany.bind(ledger)
    let failures = 0
    ledger.writeMany = async (writes) => {
      const isSecond = writes.some(({ record }) => record.event.message === '1')
      if (!isSecond || failures === 3) return writeMany(writes)
      failures += 1
      throw new Error('throttled')
    }
    await relay.enqueue(...messages('podinfo', 3), ...messages('webapp', 2))
    await relay.drain()
    expect(relay.posts.toSorted()).toEqual(['podinfo 0', 'podinfo 1', ...messages('webapp', 2)])
    await relay.run()
    expect(failures).toBe(3)
    // What was posted before each failure is posted again.
    const posts = relay.posts.filter((post) => post.startsWith('podinfo'))
    expect([...new Set(posts)]).toEqual(messages('podinfo', 3))
    expect(posts.lastIndexOf('podinfo 1')).toBeLessThan(posts.indexOf('podinfo 2'))
    expect(relay.clock.now() - relay.startedAt).toBeGreaterThanOrEqual(15 * SECOND_MS)
  })

  it('is not dead-lettered by a store that is down for an hour', async () => {
    const relay = await open()
    const { state } = relay.ports
    const read = state.read.bind(state)
    const endsAt = relay.startedAt + HOUR_MS
    state.read = async (key) => {
      if (relay.clock.now() < endsAt) throw new Error('out of reach')
      return read(key)
    }
    const objects = ['a', 'b', 'c', 'd'].map((object) => messages(object, 5))
    await relay.enqueue(...objects.flat())
    await relay.run()
    for (const sent of objects) {
      const [first = ''] = sent
      expect(relay.posts.filter((post) => post.startsWith(first.slice(0, 2)))).toEqual(sent)
    }
    expect(relay.queues.eventsDead.messages).toEqual([])
    expect(relay.clock.now() - endsAt).toBeLessThanOrEqual(6 * MINUTE_MS)
  })

  it('comes back by the time of its queue when SQS does not take another', async () => {
    const relay = await open()
    relay.visibilityFails()
    const { state } = relay.ports
    const read = state.read.bind(state)
    state.read = async () => {
      throw new Error('out of reach')
    }
    await relay.enqueue('podinfo 1')
    await relay.drain()
    state.read = read
    expect(relay.nextVisibleAt()).toBe(relay.startedAt + 6 * MINUTE_MS)
    expect(relay.lines.map(({ message }) => message)).toContain(
      'messages come back later than they should',
    )
    await relay.run()
    expect(relay.posts).toEqual(['podinfo 1'])
  })
})

describe('a message of a later version', () => {
  it.each(['events', 'retries'] as const)('of the %s is put back and counted', async (name) => {
    const relay = await open()
    const queue = relay.queues[name]
    const group = name === 'events' ? { MessageGroupId: 'g', MessageDeduplicationId: 'd' } : {}
    queue.send({ MessageBody: '{"v":999}', ...group })
    await relay.run(12 * HOUR_MS)
    expect(queue.messages).toMatchObject([{ MessageBody: '{"v":999}', receiveCount: 49 }])
    expect(relay.failed()).toBe(49)
    // Then it is kept where `replay --queue` finds it, and its object goes on.
    await relay.run(13 * HOUR_MS)
    expect(queue.messages).toEqual([])
    expect(relay.queues[`${name}Dead`].messages).toMatchObject([{ MessageBody: '{"v":999}' }])
  })
})

it('what a later version has to read is delivered by it after replay --queue, and its object goes on before', async () => {
  const relay = await open()
  const { ledger } = relay.ports
  const readMany = ledger.readMany.bind(ledger)
  const later = acceptedEvent({ event: event('podinfo', '1'), acceptedAt: relay.startedAt })
  // Its record was written by a later version that was taken back.
  ledger.readMany = async (ids) => {
    if (!ids.includes(eventRecordId(later.id))) return readMany(ids)
    throw new LaterVersion('delivery record')
  }
  await relay.send(later)
  await relay.run(HOUR_MS)
  await relay.enqueue('podinfo 2')
  await relay.run(13 * HOUR_MS)
  expect(relay.posts).toEqual(['podinfo 2'])
  const { events, eventsDead } = relay.queues
  expect([events.messages.length, eventsDead.messages.length]).toEqual([0, 1])
  // The later version is back, and SQS moves what is in the dead-letter queue.
  ledger.readMany = readMany
  for (const { MessageBody, MessageGroupId } of eventsDead.messages) {
    events.send({ MessageBody, ...(MessageGroupId !== undefined && { MessageGroupId }) })
  }
  await relay.drain()
  expect(relay.posts).toEqual(['podinfo 2', 'podinfo 1'])
})

describe('a message that cannot be read', () => {
  it.each([
    ['is not JSON', '{"id":"x'],
    ['is no event', '{"v":1}'],
    ['is a list', '[]'],
    ['is empty', ' '],
  ])(
    'goes straight to the dead-letter queue when it %s, and its group goes on',
    async (_, body) => {
      const relay = await open()
      const [{ group: MessageGroupId } = { group: '' }] = [
        acceptedEvent({ event: event('podinfo') }),
      ]
      relay.queues.events.send({ MessageBody: body, MessageGroupId })
      await relay.enqueue('podinfo 1')
      await relay.drain()
      expect(relay.lambda.calls).toBe(1)
      expect(relay.posts).toEqual(['podinfo 1'])
      expect(relay.queues.events.messages).toEqual([])
      expect(relay.queues.eventsDead.messages).toMatchObject([
        { MessageBody: body, MessageAttributes: { cause: { StringValue: expect.any(String) } } },
      ])
    },
  )
})
