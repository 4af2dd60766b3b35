import { randomBytes } from 'node:crypto'
import type {
  BatchResultErrorEntry,
  SendMessageBatchCommand,
  SendMessageBatchCommandOutput,
  SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { SqsQueue } from '../../../adapters/aws/sqs.ts'
import { type BatchSender, MessagesNotQueued, toBatches } from '../../../adapters/aws/sqs-batch.ts'
import { decodeEvent, MAX_BATCH_BYTES } from '../../../adapters/aws/sqs-message.ts'
import type { AcceptedEvent } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'

/** How SQS answers for an entry of a batch. */
type Verdict = 'ok' | 'lost' | Pick<BatchResultErrorEntry, 'Code' | 'SenderFault'>

const BUSY: Verdict = { Code: 'InternalError', SenderFault: false }
const REFUSED: Verdict = { Code: 'KmsAccessDenied', SenderFault: true }

/** SQS by a script; `tries` counts how often that body has been sent, from 1. */
class ScriptedSqs implements BatchSender {
  readonly batches: (readonly SendMessageBatchRequestEntry[])[] = []
  readonly taken: string[] = []
  readonly #tries = new Map<string, number>()
  readonly #judge: (message: string, tries: number) => Verdict

  constructor(judge: (message: string, tries: number) => Verdict = () => 'ok') {
    this.#judge = judge
  }

  async send({ input }: SendMessageBatchCommand): Promise<SendMessageBatchCommandOutput> {
    const entries = input.Entries ?? []
    this.batches.push(entries)
    const answers = entries.map((entry) => [entry.Id, this.#take(entry)] as const)
    const failed = answers.flatMap(([Id, verdict]) =>
      typeof verdict === 'string' ? [] : [{ Id, ...verdict }],
    )
    const successful = answers.flatMap(([Id, verdict]) =>
      verdict === 'ok' ? [{ Id, MessageId: Id, MD5OfMessageBody: '' }] : [],
    )
    return { $metadata: {}, Successful: successful, Failed: failed }
  }

  #take({ MessageBody: body = '', MessageDeduplicationId: id }: SendMessageBatchRequestEntry) {
    const name = id ?? body
    const tries = (this.#tries.get(name) ?? 0) + 1
    this.#tries.set(name, tries)
    const verdict = this.#judge(name, tries)
    if (verdict === 'ok') this.taken.push(name)
    return verdict
  }
}

function queueOn(client: BatchSender, clock = new ManualClock()): SqsQueue {
  const urls = { eventsQueueUrl: 'https://sqs/events.fifo', retriesQueueUrl: 'https://sqs/retries' }
  return new SqsQueue({ client, clock, backoffMs: 0, ...urls })
}

/** Such as `a1`: the first event of group `a`. */
function named(name: string, changes: Partial<AcceptedEvent> = {}): AcceptedEvent {
  return acceptedEvent({ id: name, group: name.slice(0, 1), ...changes })
}

const idsOf = (batch: readonly SendMessageBatchRequestEntry[] | undefined) =>
  batch?.map(({ MessageDeduplicationId: id }) => id)

describe('batches', () => {
  it('sends ten events a batch, named and grouped', async () => {
    const client = new ScriptedSqs()
    const events = Array.from('abcdefghijk', (group) => named(`${group}1`))
    expect(await queueOn(client).send(events)).toEqual(events.map(() => 'queued'))
    expect(client.batches.map((batch) => batch.length)).toEqual([10, 1])
    expect(client.batches[0]?.[1]).toMatchObject({
      MessageGroupId: 'b',
      MessageDeduplicationId: 'b1',
    })
    expect(new Set(client.batches[0]?.map(({ Id }) => Id)).size).toBe(10)
  })

  it('fills a batch to 256 KiB and not a byte more', () => {
    const message = (bytes: number) => ({ MessageBody: 'x'.repeat(bytes) })
    const sizes = (...bytes: readonly number[]) =>
      toBatches(bytes.map(message)).map((batch) => batch.length)
    expect(sizes(131_072, 131_072)).toEqual([2])
    expect(sizes(131_072, 131_073)).toEqual([1, 1])
    expect(sizes(100_000, 162_144, 1)).toEqual([2, 1])
    expect(toBatches([message(1), { MessageBody: 'é'.repeat(131_072) }])).toHaveLength(2)
    // Name, type and value of the attribute are 25 bytes.
    const encoding = { DataType: 'String', StringValue: 'gzip+base64' } as const
    const packed = { ...message(100_000), MessageAttributes: { encoding } }
    expect(toBatches([packed, message(162_119)])).toHaveLength(1)
    expect(toBatches([packed, message(162_120)])).toHaveLength(2)
  })

  it('compresses a body of more than 24 KiB, so that ten others fit into a batch', async () => {
    const rest = bodyBytes(await sendOne(named('a1', { event: event('podinfo', '') })))
    const ofBytes = (group: string, bytes: number) =>
      named(`${group}1`, { event: event('podinfo', 'x'.repeat(bytes - rest)) })
    const client = new ScriptedSqs()
    await queueOn(client).send(Array.from('abcdefghij', (group) => ofBytes(group, 24_576)))
    expect(client.batches.map((batch) => batch.map(bodyBytes))).toEqual([Array(10).fill(24_576)])
    expect((await sendOne(ofBytes('a', 24_576))).MessageAttributes).toBeUndefined()
    const packed = await sendOne(ofBytes('a', 24_577))
    expect(packed.MessageAttributes?.encoding?.StringValue).toBe('gzip+base64')
    expect(bodyBytes(packed)).toBeLessThan(1_000)
  })

  it('cuts batches by their bytes, attributes included', async () => {
    const client = new ScriptedSqs()
    const events = Array.from('abcd', (group) => named(`${group}1`, noisy(90_000)))
    await queueOn(client).send(events)
    expect(client.batches.map((batch) => batch.length)).toEqual([2, 2])
    for (const batch of client.batches) {
      const bytes = batch.reduce((sum, entry) => sum + bodyBytes(entry) + 25, 0)
      expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES)
    }
  })

  it('gives back to the caller what is too large, and queues the others', async () => {
    const client = new ScriptedSqs()
    const events = [named('a1'), named('b1', noisy(300_000)), named('b2'), named('c1')]
    const results = await queueOn(client).send(events)
    expect(results).toEqual(['queued', 'too-large', 'queued', 'queued'])
    expect(client.taken.sort()).toEqual(['a1', 'b2', 'c1'])
    const only = new ScriptedSqs()
    expect(await queueOn(only).send([named('b1', noisy(300_000))])).toEqual(['too-large'])
    expect(only.batches).toEqual([])
  })

  it('takes the largest event that fits, whole', async () => {
    const [fits, tooLarge] = await largestNoise()
    expect(tooLarge - fits).toBeLessThan(200)
    const sent = named('a1', noisy(fits))
    const entry = await sendOne(sent)
    expect(bodyBytes(entry) + 25).toBeLessThanOrEqual(MAX_BATCH_BYTES)
    expect(bodyBytes(entry) + 25).toBeGreaterThan(MAX_BATCH_BYTES - 400)
    expect(decoded(entry)).toEqual({ ...sent, sequence: expect.stringMatching(/1$/) })
  })
})

describe('order', () => {
  it('never has two events of a group under way', async () => {
    const client = new ScriptedSqs()
    const names = ['a1', 'a2', 'b1', 'a3', 'b2', 'c1']
    await queueOn(client).send(names.map((name) => named(name)))
    expect(client.batches.map(idsOf)).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']])
  })

  it('sends no later event of a group after one that failed', async () => {
    const client = new ScriptedSqs((name) => (name === 'a2' ? BUSY : 'ok'))
    const sending = queueOn(client).send(['a1', 'a2', 'a3', 'b1'].map((name) => named(name)))
    await expect(sending).rejects.toThrow(MessagesNotQueued)
    expect(client.taken).toEqual(['a1', 'b1'])
  })

  it('keeps the order of a group over failures that pass', async () => {
    const client = new ScriptedSqs((_, tries) => (tries < 3 ? BUSY : 'ok'))
    await queueOn(client).send(['a1', 'a2', 'a3'].map((name) => named(name)))
    expect(client.taken).toEqual(['a1', 'a2', 'a3'])
  })
})

describe('failures', () => {
  it('sends again only what SQS failed or left out of its answer', async () => {
    const client = new ScriptedSqs((name, tries) => {
      if (tries > 1 || name === 'a1') return 'ok'
      return name === 'b1' ? BUSY : 'lost'
    })
    await queueOn(client).send(['a1', 'b1', 'c1'].map((name) => named(name)))
    expect(client.batches.map(idsOf)).toEqual([
      ['a1', 'b1', 'c1'],
      ['b1', 'c1'],
    ])
  })

  it('gives up after four tries, and says why without the content', async () => {
    const client = new ScriptedSqs((name) => (name === 'b1' ? BUSY : 'ok'))
    const sending = queueOn(client).send([named('a1'), named('b1')])
    await expect(sending).rejects.toThrow('1 of 2 messages were not queued: InternalError')
    expect(client.batches).toHaveLength(4)
  })

  it('does not repeat what SQS says is our fault', async () => {
    const client = new ScriptedSqs((name) => (name === 'b1' ? REFUSED : BUSY))
    const sending = queueOn(client).send([named('a1'), named('b1')])
    await expect(sending).rejects.toThrow('KmsAccessDenied')
    expect(client.batches).toHaveLength(1)
  })

  it('rejects with what the client rejects with', async () => {
    const failing = { send: () => Promise.reject(new Error('no network')) }
    await expect(queueOn(failing).send([named('a1')])).rejects.toThrow('no network')
    const message = { deliveryId: 'd', attempt: 2, dueAt: START }
    await expect(queueOn(failing).sendRetries([message])).rejects.toThrow('no network')
  })
})

describe('text', () => {
  it('escapes what SQS refuses, and nothing is lost', async () => {
    const codes = [0, 1, 8, 9, 10, 11, 12, 13, 31, 0x7f, 0x85, 0x9f, 0x2028, 0xd7ff, 0xe000]
    const refused = [0xfffd, 0xfffe, 0xffff]
    const beyond = [0x10000, 0x1f680, 0x1fffe, 0x10ffff]
    const text = String.fromCodePoint(...codes, ...refused, ...beyond)
    const sent = named('a1', { event: event('podinfo', `${text}\ud800 \\uffff`) })
    const entry = await sendOne(sent)
    expect(entry.MessageBody).toMatch(
      /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u,
    )
    expect(decoded(entry)).toEqual({ ...sent, sequence: expect.stringMatching(/1$/) })
  })
})

describe('sendRetries', () => {
  it('delays each message until it is due, at most 15 minutes, in batches of ten', async () => {
    const client = new ScriptedSqs()
    const due = [-5_000, 0, 1, 1_000, 1_001, 899_999, 900_000, 900_001, 3_600_000, 5_000, 5_000]
    const messages = due.map((ms, index) => ({
      deliveryId: `d${index}`,
      attempt: 2,
      dueAt: START + ms,
    }))
    await queueOn(client).sendRetries(messages)
    const entries = client.batches.flat()
    expect(client.batches.map((batch) => batch.length)).toEqual([10, 1])
    expect(entries.map(({ DelaySeconds }) => DelaySeconds)).toEqual([
      0, 0, 1, 1, 2, 900, 900, 900, 900, 5, 5,
    ])
    expect(entries.map(({ MessageBody }) => JSON.parse(MessageBody ?? ''))).toEqual(
      messages.map((message) => ({ v: 1, ...message })),
    )
  })

  it('names the cluster as the group of each message whose cluster is known', async () => {
    const client = new ScriptedSqs()
    const clusters = ['prod', undefined, 'staging', 'prod']
    const messages = clusters.map((cluster, index) => ({
      deliveryId: `d${index}`,
      attempt: 2,
      dueAt: START,
      ...(cluster && { cluster }),
    }))
    await queueOn(client).sendRetries(messages)
    await queueOn(client).resendRetries(messages)
    const entries = client.batches.flat()
    expect(entries.map((entry) => entry.MessageGroupId)).toEqual([...clusters, ...clusters])
    // A standard queue refuses these.
    expect(entries.map((entry) => entry.MessageDeduplicationId)).toEqual(Array(8).fill(undefined))
  })

  it('sends again what SQS failed', async () => {
    const client = new ScriptedSqs((_, tries) => (tries === 1 ? BUSY : 'ok'))
    await queueOn(client).sendRetries([{ deliveryId: 'd', attempt: 2, dueAt: START }])
    expect(client.taken).toHaveLength(1)
  })
})

/** An event whose compressed size is about `bytes`, and larger as base64. */
function noisy(bytes: number): Partial<AcceptedEvent> {
  const noise = NOISE.subarray(0, bytes).toString('base64')
  return { event: { ...event(), metadata: { noise } } }
}

const NOISE = randomBytes(320_000)

/** The largest amount of noise that fits, and the smallest that does not, by bisection. */
async function largestNoise(): Promise<readonly [number, number]> {
  let [fits, tooLarge] = [100_000, 300_000]
  while (tooLarge - fits > 150) {
    const middle = Math.floor((fits + tooLarge) / 2)
    const [result] = await queueOn(new ScriptedSqs()).send([named('a1', noisy(middle))])
    if (result === 'queued') fits = middle
    else tooLarge = middle
  }
  return [fits, tooLarge]
}

async function sendOne(accepted: AcceptedEvent): Promise<SendMessageBatchRequestEntry> {
  const client = new ScriptedSqs()
  await queueOn(client).send([accepted])
  const [entry] = client.batches.flat()
  if (!entry) throw new Error('nothing was sent')
  return entry
}

function bodyBytes({ MessageBody }: SendMessageBatchRequestEntry): number {
  return Buffer.byteLength(MessageBody ?? '')
}

function decoded({ MessageBody: body = '', MessageAttributes }: SendMessageBatchRequestEntry) {
  const encoding = { stringValue: MessageAttributes?.encoding?.StringValue }
  const messageAttributes = MessageAttributes ? { encoding } : {}
  return decodeEvent({ body, messageAttributes, attributes: { SequenceNumber: '1' } })
}
