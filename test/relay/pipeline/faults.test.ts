import { describe, expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { DamagedRecord, LaterVersion } from '../../../relay/model/stored/errors.ts'
import { RecordTooLarge } from '../../../relay/model/stored/record-too-large.ts'
import { DispatchFailure } from '../../../relay/pipeline/dispatch-failure.ts'
import type { HttpResponse } from '../../../relay/ports/http.ts'
import { eventRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const GENERIC = provider('generic', { type: 'generic', address: 'https://a.test/' })

/** A relay with two Alerts, and an event that is queued. */
async function withEvent() {
  const harness = createHarness()
  await harness.configure(alert('one', 'generic'), alert('two', 'generic'), GENERIC)
  await harness.send('kustomization-applied')
  const [event] = await harness.queue.leaseEvents(1)
  if (!event) throw new Error('nothing is queued')
  return { harness, event }
}

/** What an event becomes that no check of its form finds, and that dispatch cannot read. */
function unreadable(event: QueuedEvent): QueuedEvent {
  const broken: unknown = { ...event.event, involvedObject: null }
  return { ...event, event: broken as QueuedEvent['event'] }
}

async function failureOf(work: Promise<void>): Promise<DispatchFailure> {
  const failure: unknown = await work.catch((error: unknown) => error)
  if (failure instanceof DispatchFailure) return failure
  throw new Error(`expected a failure, not ${failure}`)
}

function countKey({ id, sequence }: QueuedEvent): string {
  return `local#rejected#${id}/${sequence}`
}

/** Lets a method of a store fail from now on; given back by the function that it returns. */
function breakStore(
  harness: Harness,
  store: 'ledger' | 'state' | 'queue' | 'configs',
  error: unknown,
) {
  const methods = ['read', 'readMany', 'write', 'writeMany', 'sendRetries']
  const broken = Object.fromEntries(methods.map((name) => [name, () => Promise.reject(error)]))
  Object.assign(harness.ports[store], broken)
  return () => {
    for (const name of methods) Reflect.deleteProperty(harness.ports[store], name)
  }
}

/** Has another writer come first at each State item whose key has this part, and none of the others. */
function conflictAt({ ports: { state } }: Harness, part: string, ...others: readonly string[]) {
  const write = state.write.bind(state)
  state.write = (key, ...rest) => {
    const isMeant = key.includes(part) && !others.some((other) => key.includes(other))
    return isMeant ? false : write(key, ...rest)
  }
}

describe('a message that dispatch rejects', () => {
  it('is set aside when it was the fault of its own 20 times', async () => {
    const { harness, event } = await withEvent()
    const broken = unreadable(event)
    for (let count = 1; count <= 21; count += 1) {
      const failure = await failureOf(harness.dispatcher.dispatchEvent(broken))
      expect(failure).toMatchObject({ fault: 'message', rejections: { count } })
      expect(failure.cause).toBeInstanceOf(TypeError)
      expect(failure.mustBeSetAside).toBe(count >= 20)
    }
    // Another message counts for itself.
    const other = await failureOf(harness.dispatcher.dispatchEvent({ ...broken, sequence: '2' }))
    expect(other.rejections?.count).toBe(1)
  })

  it.each(['ledger', 'state', 'queue', 'configs'] as const)(
    'is never set aside for a %s that fails, however often',
    async (store) => {
      const { harness, event } = await withEvent()
      harness.answerWith(() => Promise.reject(new Error('no answer of the client')))
      breakStore(harness, store, new Error('the disk is full'))
      for (let count = 1; count <= 1_000; count += 1) {
        const failure = await failureOf(harness.dispatcher.dispatchEvent(event))
        expect(failure).toMatchObject({ fault: 'host', rejections: undefined })
        expect(failure.mustBeSetAside).toBe(false)
      }
    },
  )

  it('is never set aside because others write what it writes, however often', async () => {
    const { harness, event } = await withEvent()
    conflictAt(harness, '#object#')
    for (let count = 1; count <= 100; count += 1) {
      const failure = await failureOf(harness.dispatcher.dispatchEvent(event))
      expect(failure).toMatchObject({ fault: 'host', rejections: undefined, mustBeSetAside: false })
      expect(failure.message).toContain('changed under its dispatch')
    }
  })

  it('waits while others claim its subject all the time, and is sent then', async () => {
    const harness = createHarness()
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'token' })
    await harness.configure(...githubPair())
    await harness.send('kustomization-finished')
    const [event] = await harness.queue.leaseEvents(1)
    if (!event) throw new Error('nothing is queued')
    conflictAt(harness, '#', '#object#', '#rejected#')
    await harness.dispatcher.dispatchEvent(event)
    for (let count = 1; count <= 20; count += 1) {
      expect(await harness.records()).toMatchObject([{ outcome: 'retry', why: 'subject' }])
      expect(await harness.drainNext()).toBe(true)
    }
    expect(harness.requests).toEqual([])
    Reflect.deleteProperty(harness.ports.state, 'write')
    await harness.drainNext()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    expect(harness.requests).toHaveLength(1)
  })

  it('is not counted while the count cannot be stored', async () => {
    const { harness, event } = await withEvent()
    const mend = breakStore(harness, 'state', 'throttled')
    const failure = await failureOf(harness.dispatcher.dispatchEvent(unreadable(event)))
    expect(failure).toMatchObject({ fault: 'host', rejections: undefined })
    mend()
    const counted = await failureOf(harness.dispatcher.dispatchEvent(unreadable(event)))
    expect(counted).toMatchObject({ fault: 'message', rejections: { count: 1 } })
  })

  it.each([
    ['without a version, as before', { count: 7, firstAt: 5 }, { count: 8, firstAt: 5 }],
    ['of today', { v: 1, count: 7, firstAt: 5 }, { count: 8, firstAt: 5 }],
    ['that is damaged', { v: 1, count: 'seven', firstAt: 5 }, { count: 1, firstAt: START }],
  ])('goes on from a count %s', async (_, stored, rejections) => {
    const { harness, event } = await withEvent()
    await harness.ports.state.write(countKey(event), stored, 'absent', START * 2)
    const failure = await failureOf(harness.dispatcher.dispatchEvent(unreadable(event)))
    expect(failure).toMatchObject({ fault: 'message', rejections })
    const { value } = (await harness.ports.state.read(countKey(event))) ?? {}
    expect(value).toEqual({ v: 1, ...rejections })
  })

  it('is put back, and its count stays, while a later version counts', async () => {
    const { harness, event } = await withEvent()
    const later = { v: 9, rejected: 19 }
    await harness.ports.state.write(countKey(event), later, 'absent', START * 2)
    const failure = await failureOf(harness.dispatcher.dispatchEvent(unreadable(event)))
    expect(failure).toMatchObject({ fault: 'host', mustBeSetAside: false })
    expect(await harness.ports.state.read(countKey(event))).toMatchObject({ value: later })
  })

  it('counts a retry under the cluster of its record', async () => {
    const { harness, event } = await withEvent()
    const waiting = eventRecord({ outcome: 'retry', dueAt: 0 })
    const record = { ...waiting, event: unreadable(event).event }
    harness.ports.ledger.readMany = async () => [{ value: record, version: 1 }]
    const message = { deliveryId: record.id, attempt: 1, dueAt: 0 }
    for (const count of [1, 2]) {
      const failure = await failureOf(harness.dispatcher.dispatchRetry(message))
      expect(failure).toMatchObject({ fault: 'message', rejections: { count } })
    }
    expect(await harness.ports.state.read(`local#rejected#${record.id}/1`)).toBeDefined()
  })

  it.each([
    ['a damaged record', new DamagedRecord('delivery record'), 'damaged', true],
    ['a record of a later version', new LaterVersion('delivery record'), 'later-version', false],
    ['a damaged configuration', new DamagedRecord('configuration'), 'host', false],
    ['a store that can never hold it', new RecordTooLarge('too large'), 'message', false],
  ] as const)('that met %s is told from others', async (_, error, fault, mustBeSetAside) => {
    const { harness, event } = await withEvent()
    breakStore(harness, 'ledger', error)
    const failure = await failureOf(harness.dispatcher.dispatchEvent(event))
    expect(failure).toMatchObject({ fault, mustBeSetAside, cause: error })
  })

  it.each([
    [['bug', 'store'], 'host'],
    [['store', 'bug'], 'host'],
    [['bug', 'limit'], 'host'],
    [['limit', 'bug'], 'host'],
    [['bug', 'bug'], 'message'],
  ] as const)('by its Alerts in turn for a %s is the fault of the %s', async (causes, fault) => {
    const { harness, event } = await withEvent()
    const left = [...causes]
    harness.answerWith(() => {
      const cause = left.shift()
      if (cause === 'store') throw new Error('the client failed')
      if (cause === 'limit') {
        const detail = 'cannot connect to a.test:443 (EMFILE)'
        return { kind: 'failure', cause: 'host', mayHaveArrived: false, detail }
      }
      // Nothing reads a body that is not there.
      return { ...answer(200), body: undefined } as unknown as HttpResponse
    })
    expect((await failureOf(harness.dispatcher.dispatchEvent(event))).fault).toBe(fault)
  })
})
