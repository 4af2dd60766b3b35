import { expect, it, onTestFinished, vi } from 'vitest'
import {
  createWorker,
  type QuarantinedMessage,
  type WorkerOptions,
} from '../../../hosts/embedded/worker.ts'
import { systemClock } from '../../../hosts/kit/system-clock.ts'
import type { QueuedEvent, RetryMessage } from '../../../relay/model/queue-messages.ts'
import { DamagedRecord, LaterVersion } from '../../../relay/model/stored/errors.ts'
import { DispatchFailure } from '../../../relay/pipeline/dispatch-failure.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { NOTHING_WOKEN } from '../../support/nothing-woken.ts'
import { waitFor } from '../../support/wait-for.ts'

type Queue = WorkerOptions['queue']

interface Failed {
  readonly fault: string
  readonly retryInMs: number
}

/** A worker over a queue that hands each message out once, and once more when it was released. */
function workerOver(changes: Partial<Queue> = {}, options: Partial<WorkerOptions> = {}) {
  const events: QueuedEvent[] = []
  const retries: RetryMessage[] = []
  const done: string[] = []
  const failed: Failed[] = []
  const setAside: QuarantinedMessage[] = []
  let wake: () => void = () => undefined
  const queue: Queue = {
    leaseEvents: async (max) => events.splice(0, max),
    leaseRetries: async (max) => retries.splice(0, max),
    nextWakeAt: () => undefined,
    acknowledge: async ({ sequence }) => void done.push(`event ${sequence}`),
    acknowledgeRetry: async ({ deliveryId }) => void done.push(`retry ${deliveryId}`),
    release: ({ sequence }) => void done.push(`released ${sequence}`),
    releaseRetry: ({ deliveryId }) => void done.push(`released ${deliveryId}`),
    setAsideEvent: async ({ sequence }, { cause, rejections }) =>
      void done.push(`set aside ${sequence}: ${cause} (${rejections})`),
    setAsideRetry: async ({ deliveryId }, { cause, rejections }) =>
      void done.push(`set aside ${deliveryId}: ${cause} (${rejections})`),
    onReady: (listener) => {
      wake = () => {
        for (const kind of ['event', 'retry'] as const) listener(kind)
      }
    },
    ...changes,
  }
  const worker = createWorker({
    queue,
    woken: NOTHING_WOKEN,
    clock: systemClock,
    dispatcher: { dispatchEvent: async () => undefined, dispatchRetry: async () => undefined },
    onFailure: ({ fault }, retryInMs) => void failed.push({ fault, retryInMs }),
    onSetAside: (message) => void setAside.push(message),
    ...options,
  })
  onTestFinished(async () => {
    await worker.stop(0)
  })
  worker.start()
  return {
    done,
    failed,
    setAside,
    send(...sequences: readonly string[]) {
      events.push(...sequences.map((sequence) => ({ ...acceptedEvent(), sequence })))
      wake()
    },
    sendRetry(deliveryId: string) {
      retries.push({ deliveryId, attempt: 2, dueAt: 0 })
      wake()
    },
    wake: () => wake(),
  }
}

const rejecting = (error: unknown) => async (message: QueuedEvent) => {
  if (message.sequence === '1') throw error
}

function dispatching(dispatchEvent: (message: QueuedEvent) => Promise<void>) {
  return { dispatcher: { dispatchEvent, dispatchRetry: async () => undefined } }
}

it('puts back what the host failed, for ever, and goes on with the others', async () => {
  const failure = new DispatchFailure('host', new Error('the disk is full'))
  const worker = workerOver({}, dispatching(rejecting(failure)))
  worker.send('1', '2')
  await waitFor(() => expect(worker.done.toSorted()).toEqual(['event 2', 'released 1']))
  for (let count = 2; count <= 1_000; count += 1) worker.send('1')
  await waitFor(() => expect(worker.failed).toHaveLength(1_000))
  const waits = worker.failed.map(({ retryInMs }) => retryInMs)
  expect(waits.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  expect(waits.at(-1)).toBe(60_000)
  expect(worker.setAside).toEqual([])
})

it('waits a second again for a message that went well in between', async () => {
  const fails = [true, true, false, true]
  const worker = workerOver(
    {},
    dispatching(async () => {
      if (fails.shift()) throw new DispatchFailure('host', new Error('the disk is full'))
    }),
  )
  for (let sent = 1; sent <= 4; sent += 1) {
    worker.send('1')
    await waitFor(() => expect(worker.done).toHaveLength(sent))
  }
  expect(worker.done).toEqual(['released 1', 'released 1', 'event 1', 'released 1'])
  expect(worker.failed.map(({ retryInMs }) => retryInMs)).toEqual([1_000, 2_000, 1_000])
})

it('sets aside what was rejected 20 times by a fault of its own', async () => {
  let count = 0
  const worker = workerOver(
    {},
    dispatching(async () => {
      count += 1
      throw new DispatchFailure('message', new TypeError('a bug'), { count, firstAt: 7 })
    }),
  )
  for (let sent = 1; sent <= 19; sent += 1) {
    worker.send('1')
    await waitFor(() => expect(worker.done).toHaveLength(sent))
  }
  expect(new Set(worker.done)).toEqual(new Set(['released 1']))
  worker.send('1')
  await waitFor(() => expect(worker.done.at(-1)).toBe('set aside 1: TypeError: a bug (20)'))
  expect(worker.setAside).toMatchObject([
    { kind: 'event', key: '1', failure: { fault: 'message' } },
  ])
})

it('sets aside at once what cannot be read, and puts back what a later version wrote', async () => {
  const { group } = acceptedEvent({ event: event('a') })
  const errors = [new DamagedRecord('queued event', 'no JSON'), new LaterVersion('queued event')]
  const worker = workerOver({
    leaseEvents: async (_, unreadable) => {
      errors.splice(0).forEach((error, n) => {
        unreadable({ group, sequence: `${n}` }, error)
      })
      return []
    },
  })
  await waitFor(() =>
    expect(worker.done.toSorted()).toEqual([
      'released 1',
      'set aside 0: DamagedRecord: a stored queued event cannot be read: no JSON (0)',
    ]),
  )
  expect(worker.failed).toEqual([{ fault: 'later-version', retryInMs: 1_000 }])
  expect(worker.setAside).toMatchObject([{ key: '0', failure: { fault: 'damaged' } }])
})

it('sets aside a retry whose record cannot be read', async () => {
  const failure = new DispatchFailure('damaged', new DamagedRecord('delivery record', 'no JSON'))
  const worker = workerOver(
    {},
    {
      dispatcher: {
        dispatchEvent: async () => undefined,
        dispatchRetry: ({ deliveryId }) =>
          deliveryId === 'bad' ? Promise.reject(failure) : Promise.resolve(),
      },
    },
  )
  worker.sendRetry('bad')
  worker.sendRetry('good')
  await waitFor(() =>
    expect(worker.done.toSorted()).toEqual([
      'retry good',
      'set aside bad: DamagedRecord: a stored delivery record cannot be read: no JSON (0)',
    ]),
  )
  expect(worker.setAside).toMatchObject([{ kind: 'retry', key: 'bad/2' }])
})

it('puts back what cannot be set aside', async () => {
  const full = async () => Promise.reject(new Error('the quarantine is full'))
  const failure = new DispatchFailure('damaged', new DamagedRecord('delivery record'))
  const worker = workerOver({ setAsideEvent: full }, dispatching(rejecting(failure)))
  worker.send('1', '2')
  await waitFor(() => expect(worker.done.toSorted()).toEqual(['event 2', 'released 1']))
  expect(worker.failed).toEqual([{ fault: 'host', retryInMs: 1_000 }])
  expect(worker.setAside).toEqual([])
})

const boom = () => {
  throw new Error('a bug of the host')
}

it.each<readonly [string, Partial<Queue>, Partial<WorkerOptions>]>([
  ['an acknowledgement', { acknowledge: boom }, {}],
  ['an acknowledgement that rejects', { acknowledge: async () => boom() }, {}],
  ['a release', { release: boom }, dispatching(rejecting(new Error('down')))],
  ['whoever is told of a failure', {}, { ...dispatching(rejecting('no')), onFailure: boom }],
  [
    'whoever is told what was set aside',
    {},
    {
      ...dispatching(rejecting(new DispatchFailure('damaged', 'no'))),
      onSetAside: boom,
    },
  ],
  ['a dispatcher that throws at once', {}, dispatching(boom)],
])('goes on when %s fails', async (_, changes, options) => {
  const worker = workerOver(changes, options)
  worker.send('1')
  worker.sendRetry('other')
  await waitFor(() => expect(worker.done).toContain('retry other'))
  worker.sendRetry('later')
  await waitFor(() => expect(worker.done).toContain('retry later'))
})

it('puts a message back, and sets one aside, though whoever is told of it fails', async () => {
  const damaged = new DispatchFailure('damaged', 'no')
  const worker = workerOver(
    {},
    {
      dispatcher: {
        dispatchEvent: rejecting('no'),
        dispatchRetry: () => Promise.reject(damaged),
      },
      onFailure: boom,
      onSetAside: boom,
    },
  )
  worker.send('1')
  worker.sendRetry('2')
  await waitFor(() => expect(worker.done).toContain('released 1'))
  await waitFor(() => expect(worker.done).toContainEqual(expect.stringMatching(/^set aside 2/)))
  expect(worker.done).toHaveLength(2)
})

it.each(['leaseEvents', 'leaseRetries', 'nextWakeAt'] as const)(
  'leaves the queue alone for a second when %s fails, and goes on with the rest',
  async (method) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const calls = vi.fn(boom)
    const worker = workerOver({ [method]: calls })
    if (method === 'leaseEvents') worker.sendRetry('other')
    else worker.send('other')
    await vi.waitFor(() => expect(worker.done).toHaveLength(1))
    await vi.waitFor(() => expect(worker.failed).toEqual([{ fault: 'host', retryInMs: 1_000 }]))
    worker.wake()
    await Promise.resolve()
    expect(calls).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    expect(calls).toHaveBeenCalledTimes(2)
    await vi.waitFor(() => expect(worker.failed).toHaveLength(2))
    expect(worker.failed[1]).toEqual({ fault: 'host', retryInMs: 2_000 })
  },
)

it('leaves a queue that fails alone for a minute at most, and for a second after it worked', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isBroken = true
  const worker = workerOver({
    leaseRetries: async () => {
      if (isBroken) throw new Error('the database is locked')
      return []
    },
  })
  const waits = () => worker.failed.map(({ retryInMs }) => retryInMs)
  const expected = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
  for (const [index, waitMs] of expected.entries()) {
    await vi.waitFor(() => expect(waits()).toEqual(expected.slice(0, index + 1)))
    isBroken = index < expected.length - 1
    await vi.advanceTimersByTimeAsync(waitMs)
  }
  isBroken = true
  worker.wake()
  await vi.waitFor(() => expect(waits()).toEqual([...expected, 1_000]))
})

it('lets a woken delivery that fails come again later, and the others go on', async () => {
  const ready = [1, 2].map((at) => ({ deliveryId: `woken ${at}`, attempt: 2, dueAt: 0 }))
  const putBack: string[] = []
  const dispatched: string[] = []
  const woken = {
    ...NOTHING_WOKEN,
    take: (max: number) => ready.splice(0, max),
    putBack: ({ deliveryId }: RetryMessage, notBefore: number) =>
      void putBack.push(`${deliveryId} in ${notBefore - START} ms`),
  }
  const dispatchRetry = async ({ deliveryId }: RetryMessage) => {
    if (deliveryId === 'woken 1') throw new DispatchFailure('host', new Error('the disk is full'))
    dispatched.push(deliveryId)
  }
  const dispatcher = { dispatchEvent: async () => undefined, dispatchRetry }
  workerOver({}, { woken, dispatcher, clock: new ManualClock() })
  await waitFor(() => expect(putBack).toEqual(['woken 1 in 1000 ms']))
  expect(dispatched).toEqual(['woken 2'])
})

it('remembers of so many messages only how often they failed', async () => {
  const names = ['first', ...Array.from({ length: 10_000 }, (_, at) => `other ${at}`), 'first']
  const ready = names.map((deliveryId) => ({ deliveryId, attempt: 2, dueAt: 0 }))
  const waits: number[] = []
  const woken = {
    ...NOTHING_WOKEN,
    take: (max: number) => ready.splice(0, max),
    putBack: (_: RetryMessage, notBefore: number) => void waits.push(notBefore - START),
  }
  const dispatchRetry = async () => {
    throw new DispatchFailure('host', new Error('the disk is full'))
  }
  const dispatcher = { dispatchEvent: async () => undefined, dispatchRetry }
  workerOver({}, { woken, dispatcher, clock: new ManualClock() })
  await waitFor(() => expect(waits).toHaveLength(names.length))
  expect(new Set(waits)).toEqual(new Set([1_000]))
})
