import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { objectGroupKey } from '../../../relay/pipeline/accept.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { isHttpProvider, type Notification } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What a type was told of each notification, in the order of its tries. */
function seenBy(typeName: string): () => readonly string[] {
  const type = providerTypes.get(typeName)
  if (!type || !isHttpProvider(type)) throw new Error(`${typeName} is no HTTP type`)
  const spy = vi.spyOn(type, 'requests')
  onTestFinished(() => spy.mockRestore())
  const textOf = ({ event: { message }, late, overtaken }: Notification) =>
    [message, late ? 'late' : 'in time', ...(overtaken ? ['overtaken'] : [])].join(', ')
  return () => spy.mock.calls.map(([notification]) => textOf(notification))
}

async function withWebhook(): Promise<Harness> {
  const harness = createHarness()
  const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
  await harness.configure(webhook, alert('all', 'a'))
  return harness
}

/** Sends an event that happened `ageMs` ago, or that says so. */
async function report(harness: Harness, message: string, ageMs = 0, more: object = {}) {
  const timestamp = new Date(harness.clock.now() - ageMs).toISOString()
  await harness.send('kustomization-applied', { message, timestamp, ...more })
}

describe('a notification', () => {
  it.each([
    ['in time', 0],
    ['in time', MINUTE_MS],
    ['late', MINUTE_MS + 1],
    ['late', 24 * HOUR_MS],
    ['in time', -MINUTE_MS],
    ['in time', -24 * HOUR_MS],
  ])('is %s when its event is %i ms old', async (expected, age) => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    await report(harness, 'a', age)
    await harness.drain()
    expect(seen()).toEqual([`a, ${expected}`])
  })

  it('is late by the accept time when the time of its event was ahead', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    harness.answerWith(() => answer(503))
    await report(harness, 'a', -HOUR_MS)
    await harness.drain()
    for (const _ of [1, 2, 3]) await harness.drainNext()
    expect(seen()).toEqual(['a, in time', 'a, in time', 'a, in time', 'a, late'])
  })

  it('is overtaken when a newer event of its object came meanwhile', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    harness.answerWith(() => answer(503))
    await report(harness, 'failed', 0, { severity: 'error' })
    await harness.drain()
    harness.answerWith(() => answer(200))
    harness.clock.advance(1_000)
    await report(harness, 'passed')
    await harness.drain()
    await harness.drainNext()
    expect(seen()).toEqual(['failed, in time', 'passed, in time', 'failed, in time, overtaken'])
  })

  it('stays overtaken for as long as it is tried', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    harness.answerWith(() => answer(503))
    await report(harness, 'failed', 0, { severity: 'error' })
    await harness.drain()
    harness.answerWith(({ body }) => answer(String(body).includes('failed') ? 503 : 200))
    await report(harness, 'passed')
    await harness.drain()
    while (await harness.drainNext());
    expect(seen().at(-1)).toBe('failed, late, overtaken')
    expect(
      new Set(
        seen()
          .slice(2)
          .map((text) => text.endsWith('overtaken')),
      ),
    ).toEqual(new Set([true]))
  })

  it('is not overtaken by its own repeat, nor by another object', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    harness.answerWith(() => answer(503))
    await report(harness, 'failed')
    await harness.drain()
    harness.clock.advance(1_000)
    await report(harness, 'failed')
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name: 'other' }
    await report(harness, 'of another', 0, { involvedObject })
    await harness.drain()
    await harness.drainNext()
    expect(seen()).toEqual(['failed, in time', 'of another, in time', 'failed, in time'])
  })

  it('is overtaken at once when it comes behind a newer one', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    await report(harness, 'newer', 1_000)
    await report(harness, 'older', 15_000)
    await harness.drain()
    expect(seen()).toEqual(['newer, in time', 'older, in time, overtaken'])
  })

  it('is late and overtaken when it is replayed', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    harness.answerWith(() => answer(400))
    await report(harness, 'failed')
    await harness.drain()
    harness.answerWith(() => answer(200))
    const [dead] = await harness.records()
    harness.clock.advance(HOUR_MS)
    await report(harness, 'passed')
    await harness.drain()
    await requestReplay(harness.ports, String(dead?.id))
    await harness.drain()
    expect(seen()).toEqual(['failed, in time', 'passed, in time', 'failed, late, overtaken'])
  })

  it('that waited for the configuration is told too', async () => {
    const seen = seenBy('generic')
    const harness = createHarness()
    await report(harness, 'failed', 0, { severity: 'error' })
    await report(harness, 'passed')
    await harness.drain()
    const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
    await harness.configure(webhook, alert('all', 'a'))
    harness.clock.advance(2 * MINUTE_MS)
    await harness.drain()
    expect([...seen()].sort()).toEqual(['failed, late, overtaken', 'passed, late'])
  })
})

describe('what is known of an object', () => {
  const group = objectGroupKey(CLUSTER, {
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'podinfo',
  })
  const key = `${CLUSTER}#object#${group}`

  it('is taken from what an older version wrote', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    const { state, clock } = harness.ports
    const at = clock.now()
    const value = { severity: 'info', seen: [{ fingerprint: 'x', eventId: 'y', at }] }
    await state.write(key, value, 'absent', at + HOUR_MS)
    harness.answerWith(() => answer(503))
    await report(harness, 'a')
    await harness.drain()
    await harness.drainNext()
    expect(seen()).toEqual(['a, in time', 'a, in time'])
    expect((await state.read(key))?.value).toMatchObject({ seen: [value.seen[0], {}] })
  })

  it.each([
    ['a first try', 1, 'generic', 1],
    ['a retry', 2, 'generic', 2],
    ['a retry of a status, which a newer one replaces', 2, 'github', 1],
  ])('costs %s no read beyond what it needs', async (_, tries, typeName, expected) => {
    const harness = createHarness()
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
    await harness.configure(
      ...(typeName === 'github' ? githubPair() : [webhook, alert('all', 'a')]),
    )
    harness.answerWith(() => answer(503))
    const reads = vi.spyOn(harness.ports.state, 'read')
    await report(harness, 'a')
    await harness.drain()
    for (let tried = 1; tried < tries; tried += 1) await harness.drainNext()
    expect(reads.mock.calls.filter(([read]) => read === key)).toHaveLength(expected)
  })

  it('is read once more, and not written, for an event that comes again', async () => {
    const seen = seenBy('generic')
    const harness = await withWebhook()
    await report(harness, 'a')
    const [event] = await harness.queue.leaseEvents(1)
    await harness.dispatcher.dispatchEvent(event as QueuedEvent)
    const before = await harness.ports.state.read(key)
    await harness.configure(
      provider('a', { type: 'generic', address: 'https://a.test/' }),
      alert('all', 'a'),
      alert('more', 'a'),
    )
    harness.queue.release(event as QueuedEvent, harness.clock.now())
    harness.clock.advance(10_000)
    const [again] = await harness.queue.leaseEvents(1)
    await harness.dispatcher.dispatchEvent(again as QueuedEvent)
    expect(seen()).toEqual(['a, in time', 'a, in time'])
    expect(await harness.ports.state.read(key)).toEqual(before)
  })
})
