import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { eventSequence } from '../../../adapters/aws/event-sequence.ts'
import { retryStep } from '../../../adapters/aws/retry-delay.ts'
import { decodeEvent, decodeRetry } from '../../../adapters/aws/sqs-message.ts'
import { DamagedRecord, LaterVersion } from '../../../relay/model/stored/errors.ts'
import { acceptedEvent } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

const SENT = JSON.stringify(acceptedEvent())

function received(body: string, encoding?: string, SequenceNumber: string | undefined = '7') {
  const messageAttributes = encoding === undefined ? {} : { encoding: { stringValue: encoding } }
  return { body, messageAttributes, attributes: { SequenceNumber } }
}

describe('decodeEvent', () => {
  it('reads a plain and a compressed body', () => {
    const sequence = eventSequence({ acceptedAt: START, place: 0, sequenceNumber: '7' })
    const event = { ...acceptedEvent(), sequence }
    expect(decodeEvent(received(SENT))).toEqual(event)
    const packed = gzipSync(SENT).toString('base64')
    expect(decodeEvent(received(packed, 'gzip+base64'))).toEqual(event)
  })

  it.each([
    ['no JSON', received('{')],
    ['another value', received('null')],
    ['a retry', received('{"deliveryId":"d","attempt":2,"dueAt":1}')],
    ['an event without its object', received(SENT.replace('involvedObject', 'object'))],
    ['a name that is no text', received(SENT.replace('"podinfo"', '7'))],
    ['metadata that is null', received(SENT.replace(/"metadata":{[^}]*}/, '"metadata":null'))],
    ['an unknown encoding', received(SENT, 'br')],
    ['a body that does not unpack', received(SENT, 'gzip+base64')],
    ['a bomb', received(gzipSync(Buffer.alloc(20_000_000)).toString('base64'), 'gzip+base64')],
    ['a queue without sequence', received(SENT, undefined, '')],
  ])('refuses %s', (_, message) => {
    expect(() => decodeEvent(message)).toThrow(DamagedRecord)
  })
})

it('tells messages of a later version from damaged ones', () => {
  expect(() => decodeEvent(received('{"v":2}'))).toThrow(LaterVersion)
  expect(() => decodeRetry('{"v":9,"delivery":"d"}')).toThrow(LaterVersion)
  expect(() => decodeRetry('{"v":1,"deliveryId":"d"}')).toThrow('attempt is missing')
})

describe('decodeRetry', () => {
  it('reads what was sent and drops what is beside it', () => {
    const body = '{"deliveryId":"d","attempt":2,"dueAt":1,"more":true}'
    expect(decodeRetry(body)).toEqual({ deliveryId: 'd', attempt: 2, dueAt: 1 })
  })

  it.each([
    '',
    '[]',
    '{"deliveryId":"d","attempt":2}',
    '{"deliveryId":"d","attempt":2.5,"dueAt":1}',
    '{"deliveryId":1,"attempt":2,"dueAt":1}',
    SENT,
  ])('refuses %s', (body) => {
    expect(() => decodeRetry(body)).toThrow(DamagedRecord)
  })
})

describe('retryStep', () => {
  it.each([
    [-1, { kind: 'due' }],
    [0, { kind: 'due' }],
    [1, { kind: 'hop', delaySeconds: 1 }],
    [899_001, { kind: 'hop', delaySeconds: 900 }],
    [86_400_000, { kind: 'hop', delaySeconds: 900 }],
  ])('%i ms before it is due', (ms, step) => {
    expect(retryStep({ deliveryId: 'd', attempt: 2, dueAt: START + ms }, START)).toEqual(step)
  })
})
