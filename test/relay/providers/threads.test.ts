import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../../relay/ports/http.ts'
import type { HttpProvider, Notification } from '../../../relay/providers/contract.ts'
import { googleChat } from '../../../relay/providers/googlechat.ts'
import { matrix } from '../../../relay/providers/matrix.ts'
import { telegram } from '../../../relay/providers/telegram.ts'
import { zulip } from '../../../relay/providers/zulip.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

let deliveries = 0

function inThread(name: string, order = '1.1'): Notification {
  deliveries += 1
  const thread = { name, order }
  return { ...notificationOf('kustomization-applied'), deliveryId: `d${deliveries}`, thread }
}

const ok = (body: object) => response(200, JSON.stringify(body))

/** Delivers notifications one after the other with the answers of the service, and shows what was sent. */
async function deliverAll<S>(
  type: HttpProvider<S>,
  settings: S,
  answers: readonly HttpResponse[],
  notifications: readonly Notification[],
) {
  const ports = createFakeTryPorts({ answers })
  const results = []
  for (const notification of notifications) {
    const delivered = await type.threading?.deliver?.(notification, settings, ports)
    results.push({ kind: delivered?.verdict.kind, notes: delivered?.notes ?? [] })
  }
  const sent = ports.requests.map(({ method, url, body }) => ({
    method,
    path: new URL(url).pathname,
    body: JSON.parse(String(body)),
  }))
  return { results, sent, ports }
}

const DELIVERED = { kind: 'delivered', notes: [] }

describe('a thread of Google Chat', () => {
  it('is named by its key, and opened by the service', () => {
    const address = 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t'
    const settings = settingsOf(googleChat, {}, { address })
    const [request] = requestsOf(googleChat, inThread('prod/x'), settings)
    expect(request?.url).toBe(`${address}&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD`)
    expect(JSON.parse(String(request?.body))).toMatchObject({ thread: { threadKey: 'prod/x' } })
    const [plain] = requestsOf(googleChat, notificationOf('kustomization-applied'), settings)
    expect(plain?.url).toBe(address)
    expect(JSON.parse(String(plain?.body))).not.toHaveProperty('thread')
  })
})

describe('a thread of Zulip', () => {
  const settings = settingsOf(
    zulip,
    { address: 'https://z.example', channel: 'ops/flux' },
    { username: 'b', password: 'p' },
  )
  const topicOf = (notification: Notification) => {
    const [request] = requestsOf(zulip, notification, settings)
    return new URLSearchParams(String(request?.body)).get('topic')
  }

  it('is a topic of its name', () => {
    expect(topicOf(inThread('prod/x'))).toBe('prod/x')
    expect(topicOf(inThread('x'.repeat(70)))).toBe(`${'x'.repeat(57)}...`)
    expect(topicOf(notificationOf('kustomization-applied'))).toBe('flux')
  })
})

describe('a thread of Matrix', () => {
  const settings = settingsOf(
    matrix,
    { address: 'https://m.example', channel: '!r:m.example' },
    { token: 't' },
  )

  it('begins with a message, to which the later ones refer', async () => {
    const { results, sent } = await deliverAll(
      matrix,
      settings,
      [ok({ event_id: '$1' }), ok({ event_id: '$2' }), ok({ event_id: '$3' })],
      [inThread('a'), inThread('b'), inThread('a')],
    )
    expect(results).toEqual([DELIVERED, DELIVERED, DELIVERED])
    expect(sent.map(({ body }) => body['m.relates_to'])).toEqual([
      undefined,
      undefined,
      {
        rel_type: 'm.thread',
        event_id: '$1',
        is_falling_back: true,
        'm.in_reply_to': { event_id: '$1' },
      },
    ])
  })

  it.each([
    ['that is refused', response(403, '{}'), 'unauthorized'],
    ['whose answer names no event', ok({}), 'delivered'],
  ])('is not begun by a message %s', async (_, first, kind) => {
    const { results, sent } = await deliverAll(
      matrix,
      settings,
      [first, ok({ event_id: '$2' })],
      [inThread('a'), inThread('a')],
    )
    expect(results.map((result) => result.kind)).toEqual([kind, 'delivered'])
    expect(sent.map(({ body }) => body['m.relates_to'])).toEqual([undefined, undefined])
  })

  it('is remembered for as long as it is used', async () => {
    const ports = createFakeTryPorts({ answers: () => ok({ event_id: '$1' }) })
    const written = () => [...ports.remembered.values()].join()
    await matrix.threading?.deliver?.(inThread('a'), settings, ports)
    const first = written()
    await matrix.threading?.deliver?.(inThread('a'), settings, ports)
    expect(written()).toBe(first)
    ports.clock.advance(24 * 3_600_000)
    await matrix.threading?.deliver?.(inThread('a'), settings, ports)
    expect(written()).not.toBe(first)
  })

  it('keeps others waiting while one begins it, and not for ever', async () => {
    const ports = createFakeTryPorts({
      answers: () => {
        throw new Error('the process ends')
      },
    })
    const first = inThread('a')
    await expect(matrix.threading?.deliver?.(first, settings, ports)).rejects.toThrow('ends')
    const other = inThread('a')
    expect(await matrix.threading?.deliver?.(other, settings, ports)).toMatchObject({
      verdict: { kind: 'busy', reason: 'another message opens the same thread' },
    })
    ports.clock.advance(90_000)
    await expect(matrix.threading?.deliver?.(other, settings, ports)).rejects.toThrow('ends')
  })
})

describe('a thread of Telegram', () => {
  const settings = settingsOf(telegram, { channel: '-1001' }, { token: '1:x' })
  const created = (id: number) => ok({ ok: true, result: { message_thread_id: id } })
  const posted = ok({ ok: true, result: { message_id: 1 } })
  const refused = (description: string) =>
    response(400, JSON.stringify({ ok: false, error_code: 400, description }))
  const gone = refused('Bad Request: message thread not found')

  const summary = (sent: Awaited<ReturnType<typeof deliverAll>>['sent']) =>
    sent.map(({ path, body }) => [path.replace(/.*\//, ''), body.message_thread_id ?? body.name])

  it('is a topic, which is created first', async () => {
    const { results, sent } = await deliverAll(
      telegram,
      settings,
      [created(7), posted, posted],
      [inThread('a'), inThread('a')],
    )
    expect(results).toEqual([DELIVERED, DELIVERED])
    expect(summary(sent)).toEqual([
      ['createForumTopic', 'a'],
      ['sendMessage', 7],
      ['sendMessage', 7],
    ])
    expect(sent[0]?.body).toEqual({ chat_id: '-1001', name: 'a' })
  })

  it('has a name of at most 128 characters', async () => {
    const long = inThread('🚀'.repeat(200))
    const { sent } = await deliverAll(telegram, settings, [created(7), posted], [long])
    const [first] = sent
    expect([...String(first?.body.name)]).toHaveLength(128)
  })

  it('is created anew when it was deleted', async () => {
    const { results, sent } = await deliverAll(
      telegram,
      settings,
      [created(7), posted, gone, created(8), posted],
      [inThread('a'), inThread('a')],
    )
    expect(results).toEqual([DELIVERED, DELIVERED])
    expect(summary(sent).slice(2)).toEqual([
      ['sendMessage', 7],
      ['createForumTopic', 'a'],
      ['sendMessage', 8],
    ])
  })

  it('is none in a chat without topics, and the record says so', async () => {
    const { results, sent } = await deliverAll(
      telegram,
      settings,
      [refused('Bad Request: the chat is not a forum'), posted],
      [inThread('a')],
    )
    expect(results).toEqual([
      {
        kind: 'delivered',
        notes: ['sent outside of topics: HTTP 400: Bad Request: the chat is not a forum'],
      },
    ])
    expect(summary(sent)).toEqual([
      ['createForumTopic', 'a'],
      ['sendMessage', undefined],
    ])
  })

  it('is none when the answer names none', async () => {
    const { results, sent } = await deliverAll(
      telegram,
      settings,
      [ok({}), posted],
      [inThread('a')],
    )
    expect(results).toEqual([
      { kind: 'delivered', notes: ['sent outside of topics: the answer names no topic'] },
    ])
    expect(sent).toHaveLength(2)
  })

  it('waits for a service that fails', async () => {
    const { results, sent } = await deliverAll(
      telegram,
      settings,
      [response(500, ''), created(7), posted],
      [inThread('a'), inThread('a')],
    )
    expect(results.map(({ kind }) => kind)).toEqual(['retry', 'delivered'])
    expect(sent).toHaveLength(3)
  })
})
