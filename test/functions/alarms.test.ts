import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALARM_NAMES, type AlarmName } from '../../lib/alarm-names.ts'
import { requestReplay } from '../../relay/pipeline/replay.ts'
import {
  type AlarmStage,
  alarmOf,
  createAlarmStage,
  deadAddress,
  MINUTE_MS,
} from '../support/alarm-stage.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { datapointsOf, sounds } from '../support/cloudwatch-alarm.ts'
import { evaluateMath } from '../support/metric-math.ts'
import { startSink } from '../support/recording-sink.ts'
import { runChain } from '../support/retry-chain.ts'

const relays = awsRelay()

afterEach(() => {
  vi.restoreAllMocks()
})

const openStage = async () => createAlarmStage(await relays.open())

/** Names of objects that no other event is about. */
let objects = 0
const names = (length: number) => {
  objects += length
  return Array.from({ length }, (_, index) => `app-${objects - index}`)
}

async function sinkAnswering(status: number): Promise<string> {
  return `${(await startSink({ 'POST /hook': { status } })).url}/hook`
}

function breakLedger({ relay }: AlarmStage): void {
  vi.spyOn(relay.ports.ledger, 'readMany').mockRejectedValue(new Error('throttled'))
}

async function sendGarbage({ relay }: AlarmStage, queue: 'events' | 'retries'): Promise<void> {
  const { environment, clients } = relay
  const fifo = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }
  const QueueUrl = queue === 'events' ? environment.eventsQueueUrl : environment.retriesQueueUrl
  await clients.sqs.send(
    new SendMessageCommand({ QueueUrl, MessageBody: 'no JSON', ...(queue === 'events' && fifo) }),
  )
}

/** A function whose environment is wrong fails before it handles anything, which Lambda counts. */
async function startWithoutEnvironment(stage: AlarmStage, folder: string, name: string) {
  // By another name than other tests of this worker may have imported it by.
  await expect(import(`../../functions/${folder}/handler.ts?alarm`)).rejects.toThrow('CONFIG_TABLE')
  stage.countOfLambda('Errors', name)
}

/** Lambda starts one call at once here, and counts the others. */
async function throttle(stage: AlarmStage, name: string): Promise<void> {
  for (let period = 0; period < 3; period += 1) {
    if (period > 0) stage.advance(5)
    const calls = ['started', 'throttled', 'throttled']
    stage.countOfLambda('Throttles', name, calls.filter((call) => call === 'throttled').length)
  }
}

/** A failure of the kind that each alarm is for; it has sounded when this is over. */
const FAILURES: Readonly<Record<AlarmName, (stage: AlarmStage) => Promise<void>>> = {
  async DeadDeliveries(stage) {
    await stage.admit(await sinkAnswering(400))
    await stage.post(names(1))
    await stage.dispatch()
  },
  async FailureRatio(stage) {
    await stage.admit(await sinkAnswering(503))
    for (let period = 0; period < 3; period += 1) {
      if (period > 0) stage.advance(5)
      await stage.post(names(20))
      await stage.dispatch()
    }
  },
  async OldestOpen(stage) {
    await stage.admit(await deadAddress())
    await stage.post(names(10))
    await stage.dispatch()
    stage.advance(6)
    await stage.relay.check()
  },
  async SilentClusters(stage) {
    await stage.admit(await sinkAnswering(200))
    stage.advance(31)
    await stage.relay.check()
  },
  async Refusals(stage) {
    await stage.admit(await sinkAnswering(200))
    expect(await stage.post(names(1), { token: 'the one of before' })).toBe(401)
  },
  async Failures(stage) {
    await stage.admit(await sinkAnswering(200))
    await stage.post(names(1))
    breakLedger(stage)
    await stage.dispatch()
  },
  async FoundOverdue(stage) {
    await stage.admit(await sinkAnswering(503))
    await stage.post(names(1))
    await stage.dispatch()
    const { clients, environment } = stage.relay
    await clients.sqs.send(new PurgeQueueCommand({ QueueUrl: environment.retriesQueueUrl }))
    stage.advance(31)
    await stage.relay.sweep()
  },
  async EventsDeadLetters(stage) {
    await sendGarbage(stage, 'events')
    await stage.dispatch()
    await stage.measureQueues()
  },
  async RetriesDeadLetters(stage) {
    await sendGarbage(stage, 'retries')
    await stage.dispatchRetries()
    await stage.measureQueues()
  },
  async OldestEvent(stage) {
    await stage.admit(await sinkAnswering(200))
    await stage.post(names(1))
    breakLedger(stage)
    await stage.dispatch()
    stage.advance(6)
    await stage.measureQueues()
  },
  async OldestRetry(stage) {
    await stage.relay.ports.queue.sendRetries([
      { deliveryId: 'd', attempt: 2, dueAt: stage.now(), cluster: 'prod' },
    ])
    breakLedger(stage)
    await stage.dispatchRetries()
    stage.advance(21)
    await stage.measureQueues()
  },
  async ApiErrors(stage) {
    await stage.admit(await sinkAnswering(200))
    const send = vi.spyOn(stage.relay.clients.sqs, 'send').mockRejectedValue(new Error('down'))
    for (let period = 0; period < 3; period += 1) {
      if (period > 0) stage.advance(5)
      expect(await stage.post(names(1))).toBe(503)
    }
    send.mockRestore()
  },
  // Lambda's double counts the lineage of the messages, and drops the 17th where it is not allowed.
  async RecursionDropped(stage) {
    const { relay } = await runChain('Terminate')
    stage.countOfLambda('RecursiveInvocationsDropped', 'Dispatch', relay.lambda.dropped)
  },
  'Errors-ingest': (stage) => startWithoutEnvironment(stage, 'ingest', 'Ingest'),
  'Errors-dispatch': (stage) => startWithoutEnvironment(stage, 'dispatch', 'Dispatch'),
  'Errors-reconcile-config': (stage) =>
    startWithoutEnvironment(stage, 'reconcile-config', 'ReconcileConfig'),
  'Errors-deliveries-widget': (stage) =>
    startWithoutEnvironment(stage, 'deliveries-widget', 'DeliveriesWidget'),
  'Throttles-ingest': (stage) => throttle(stage, 'Ingest'),
  'Throttles-dispatch': (stage) => throttle(stage, 'Dispatch'),
  'Throttles-reconcile-config': (stage) => throttle(stage, 'ReconcileConfig'),
  'Throttles-deliveries-widget': (stage) => throttle(stage, 'DeliveriesWidget'),
}

describe('an alarm', () => {
  it.each(ALARM_NAMES)('%s sounds on a failure of its kind, and stops after it', async (name) => {
    const stage = await openStage()
    expect(stage.hears(name)).toBe(false)
    await FAILURES[name](stage)
    expect(stage.hears(name)).toBe(true)
    stage.advance(60)
    expect(stage.hears(name)).toBe(false)
  })

  it('of no kind sounds while all is well', async () => {
    const stage = await openStage()
    await stage.admit(await sinkAnswering(200))
    for (let period = 0; period < 3; period += 1) {
      if (period > 0) stage.advance(5)
      expect(await stage.post(names(20))).toBe(202)
      await stage.dispatch()
      await stage.relay.check()
      await stage.measureQueues()
    }
    expect(stage.data().length).toBeGreaterThan(60)
    expect(ALARM_NAMES.filter((name) => stage.hears(name))).toEqual([])
  })
})

describe('the alarm ApiErrors', () => {
  it('counts what comes by the URL of ingest too, where it has one', async () => {
    const stage = createAlarmStage(await relays.open(), { publicIngestUrl: true })
    await stage.admit(await sinkAnswering(200))
    expect(await stage.post(names(1))).toBe(202)
    expect(stage.hears('ApiErrors')).toBe(false)
    await FAILURES.ApiErrors(stage)
    expect(stage.data().some(({ key }) => key.includes('Url5xxCount'))).toBe(true)
    expect(stage.hears('ApiErrors')).toBe(true)
    stage.advance(60)
    expect(stage.hears('ApiErrors')).toBe(false)
  })
})

describe('the alarm OldestOpen', () => {
  it('sounds for events of a cluster that never had a configuration', async () => {
    const stage = await openStage()
    await stage.relay.setTokens('prod', ['right'])
    expect(await stage.post(names(1))).toBe(202)
    await stage.dispatch()
    stage.advance(6)
    await stage.relay.check()
    expect(stage.hears('OldestOpen')).toBe(true)
    expect(stage.hears('SilentClusters')).toBe(false)
  })

  it('is silent while what died long ago is replayed, and sounds if that fails for longer', async () => {
    const stage = await openStage()
    await stage.admit(await sinkAnswering(404))
    const { relay } = stage
    await stage.post(names(30))
    await stage.dispatch()
    const cluster = 'prod'
    const { records } = await relay.ports.ledger.list({ cluster, outcome: 'dead' }, 50)
    expect(records).toHaveLength(30)
    stage.advance(24 * 60)
    for (const { id } of records) await requestReplay(relay.ports, id)
    await relay.check()
    expect(stage.hears('OldestOpen')).toBe(false)
    stage.advance(6)
    await relay.check()
    expect(stage.hears('OldestOpen')).toBe(true)
  })

  it('sounds for a delivery behind dozens that were accepted before, and are replayed', async () => {
    const stage = await openStage()
    await stage.admit(await sinkAnswering(404))
    const { relay } = stage
    await stage.post(names(60))
    for (let call = 0; call < 6; call += 1) await stage.dispatch()
    const { records } = await relay.ports.ledger.list({ cluster: 'prod', outcome: 'dead' }, 100)
    expect(records).toHaveLength(60)
    stage.advance(60)
    await stage.admit(await deadAddress())
    await stage.post(names(1))
    await stage.dispatch()
    stage.advance(6)
    for (const { id } of records) await requestReplay(relay.ports, id)
    await relay.check()
    expect(stage.hears('OldestOpen')).toBe(true)
  })

  it('sounds within 15 minutes after ten events to a dead host, whenever the check runs', async () => {
    const stage = await openStage()
    await stage.admit(await deadAddress())
    await stage.post(names(10))
    await stage.dispatch()
    const { relay } = stage
    const measured: string[][] = []
    for (let minute = 1; minute <= 15; minute += 1) {
      stage.advance(1)
      relay.metricLines.length = 0
      await relay.check()
      measured.push([...relay.metricLines])
    }
    const begin = stage.now() - 15 * MINUTE_MS
    const firstMinute = [0, 1, 2, 3, 4].map((phase) => {
      const data = measured
        .filter((_, index) => index % 5 === phase)
        .flat()
        .flatMap(datapointsOf)
      const minutes = Array.from({ length: 16 }, (_, minute) => minute)
      const heard = (minute: number) =>
        sounds(alarmOf('OldestOpen'), data, begin + minute * MINUTE_MS)
      return minutes.find(heard) ?? Number.POSITIVE_INFINITY
    })
    // What CloudWatch takes to see it comes on top.
    for (const minute of firstMinute) expect(minute).toBeLessThanOrEqual(12)
    for (const minute of firstMinute) expect(minute).toBeGreaterThan(5)
  })
})

it('a chain of retries rings nothing where dispatch may feed itself', async () => {
  const stage = await openStage()
  const { relay } = await runChain('Allow')
  stage.countOfLambda('RecursiveInvocationsDropped', 'Dispatch', relay.lambda.dropped)
  expect(stage.hears('RecursionDropped')).toBe(false)
})

describe('the alarm Refusals', () => {
  it.each([
    ['a scanner that guesses names', 'nope', undefined],
    ['a scanner without a credential', 'nope', ''],
  ])('is silent for %s', async (_, cluster, token = 'guessed') => {
    const stage = await openStage()
    await stage.admit(await sinkAnswering(200))
    for (let n = 0; n < 20; n += 1) {
      expect(await stage.post(names(1), { cluster: `${cluster}-${n}`, token })).toBe(401)
    }
    expect(stage.hears('Refusals')).toBe(false)
  })

  it.each([['the wrong token'], ['']])('sounds for a cluster there is with %j', async (token) => {
    const stage = await openStage()
    await stage.admit(await sinkAnswering(200))
    await stage.post(names(1), { token })
    expect(stage.hears('Refusals')).toBe(true)
  })
})

describe('metric math', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['IF(a > 4, 100 * b / a, 0)', 40],
    ['IF(missing > 0, 1, 0)', undefined],
    ['FILL(missing, 0) + a', 5],
    ['missing + a', undefined],
    ['a >= 5', 1],
  ])('%s is %s', (expression, value) => {
    const values: Readonly<Record<string, number>> = { a: 5, b: 2 }
    expect(evaluateMath(expression, (id) => values[id])).toBe(value)
  })

  it.each(['1 +', 'IF(a', '1 1', 'a ? b'])('refuses %s', (expression) => {
    expect(() => evaluateMath(expression, () => 1)).toThrow(expression)
  })
})
