import { describe, expect, it } from 'vitest'
import type { NatsMessage, NatsPublished, NatsRefusal } from '../../../relay/ports/nats.ts'
import { nats } from '../../../relay/providers/nats.ts'
import { notificationOf, settingsOf } from '../../support/notifications.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

const SPEC = { address: 'nats://nats.example.com', channel: 'flux.events' }
const REVISION = 'main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const KEYS = Array.from({ length: 99 }, (_, at) => `kustomize.toolkit.fluxcd.io/k${at}`)
const HUGE = {
  message: 'é'.repeat(39_000),
  metadata: {
    'kustomize.toolkit.fluxcd.io/revision': REVISION,
    ...Object.fromEntries(KEYS.map((key) => [key, 'v'.repeat(100)])),
  },
}

type Answer = NatsPublished | NatsRefusal

async function deliver(
  annotations: Readonly<Record<string, string>>,
  published: (message: NatsMessage) => Answer,
  changes: Record<string, unknown> = {},
) {
  const tryPorts = createFakeTryPorts({ published })
  const notification = notificationOf('kustomization-configured', changes)
  const settings = settingsOf(nats, SPEC, {}, annotations)
  const delivered = await nats.deliver(notification, settings, tryPorts)
  return { ...delivered, notification, messages: tryPorts.messages }
}

const STORED: NatsPublished = {
  kind: 'published',
  stored: { stream: 'EVENTS', sequence: 17, isDuplicate: false },
}

describe('a nats Provider with a stream', () => {
  it('is delivered when the stream has it, under the id of the delivery', async () => {
    const { verdict, messages, notification } = await deliver({ jetstream: 'true' }, () => STORED)
    expect(verdict).toEqual({
      kind: 'delivered',
      reason: 'stored by the stream EVENTS as message 17',
    })
    expect(messages).toMatchObject([{ storeOnceAs: notification.deliveryId }])
  })

  it('is delivered when the stream had it already', async () => {
    const stored = { stream: 'EVENTS', sequence: 17, isDuplicate: true }
    const { verdict } = await deliver({ jetstream: 'true' }, () => ({ kind: 'published', stored }))
    expect(verdict).toEqual({
      kind: 'delivered',
      reason: 'the stream EVENTS had stored it already, as message 17',
    })
  })

  it('waits for a stream that is full, or not there', async () => {
    const detail = 'the stream EVENTS answered: maximum messages exceeded (10077)'
    const { verdict } = await deliver({ jetstream: 'true' }, () => ({
      kind: 'refused',
      cause: 'unavailable',
      detail,
    }))
    expect(verdict).toEqual({ kind: 'retry', reason: detail, applied: 'no' })
  })

  it.each([
    [{}, {}],
    [{ jetstream: 'false', 'tls-first': 'false' }, {}],
    [{ 'tls-first': ' true ' }, { tlsFirst: true }],
  ])('is one only with its annotation: %o', async (annotations, expected) => {
    const { messages } = await deliver(annotations, () => ({ kind: 'published' }))
    const { server, subject, body, credentials, ...others } = messages[0] ?? ({} as NatsMessage)
    expect(others).toEqual(expected)
  })

  it.each(['yes', 'True', '1', ''])(
    'is not one, and not none, with the annotation %j',
    (jetstream) => {
      expect(() => settingsOf(nats, SPEC, {}, { jetstream })).toThrow(
        'annotations: expected flux-relay.io/jetstream to be "true" or "false"',
      )
    },
  )
})

describe('an event that is too long for a nats server', () => {
  const takes =
    (maxBytes: number) =>
    ({ body }: NatsMessage): Answer => {
      const bytes = Buffer.byteLength(body)
      if (bytes <= maxBytes) return { kind: 'published' }
      return { kind: 'refused', cause: 'size', detail: `${bytes} bytes`, maxBytes }
    }

  it.each([
    [60_000, 100],
    [9_000, 1],
    [1_500, 1],
  ])('is shortened to the %i bytes that it takes', async (maxBytes, keys) => {
    const { verdict, messages, notes } = await deliver({}, takes(maxBytes), HUGE)
    expect(verdict.kind).toBe('delivered')
    expect(messages).toHaveLength(2)
    const body = messages[1]?.body ?? ''
    // Not a byte shorter than it must be: one character has two of them.
    expect(Buffer.byteLength(body)).toBeGreaterThan(maxBytes - 4)
    const { metadata, message } = JSON.parse(body)
    expect(message.endsWith('é…')).toBe(true)
    expect(metadata.revision).toBe(REVISION)
    const mark = metadata['flux-relay.io/cut']
    expect(mark).toMatch(/^message \(\d+ of 39000 characters are sent\)/)
    expect(Object.keys(metadata)).toHaveLength(keys + 1)
    expect(notes).toEqual([
      `${Buffer.byteLength(messages[0]?.body ?? '')} bytes; published shorter: ${mark}`,
    ])
  })

  it('goes in its shortest form to a stream, which says no number', async () => {
    const detail = 'the stream EVENTS answered: message size exceeds maximum allowed (10054)'
    const { verdict, messages } = await deliver(
      { jetstream: 'true' },
      ({ body }) => (body.length > 5_000 ? { kind: 'refused', cause: 'size', detail } : STORED),
      HUGE,
    )
    expect(verdict.kind).toBe('delivered')
    const { message, metadata } = JSON.parse(messages[1]?.body ?? '')
    expect(message).toBe(`${'é'.repeat(999)}…`)
    expect(Object.keys(metadata)).toEqual(['flux-relay.io/cut', 'revision'])
    expect(messages[1]?.storeOnceAs).toBe(messages[0]?.storeOnceAs)
  })

  it('is dead when no form of it is taken', async () => {
    const { verdict, messages } = await deliver({}, takes(100), HUGE)
    expect(verdict.kind).toBe('rejected')
    expect(messages).toHaveLength(2)
  })

  it('is not published again when it is as short as it goes', async () => {
    const detail = 'message size exceeds maximum allowed'
    const refuse = (): Answer => ({ kind: 'refused', cause: 'size', detail })
    const { verdict, messages } = await deliver({}, refuse, { metadata: null, message: 'short' })
    expect(verdict).toEqual({ kind: 'rejected', reason: detail })
    expect(messages).toHaveLength(1)
  })
})
