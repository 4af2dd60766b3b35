import { describe, expect, it } from 'vitest'
import { eventSequence } from '../../../adapters/aws/event-sequence.ts'
import { START } from '../../support/manual-clock.ts'

const parts = { acceptedAt: START, place: 3, sequenceNumber: '18849496460467696128' }

describe('the number of an event', () => {
  it.each([
    ['accept times', { place: 99, sequenceNumber: '9' }, { acceptedAt: START + 1, place: 0 }],
    ['places in a request', { sequenceNumber: '9'.repeat(20) }, { place: 10 }],
    ['numbers of SQS', {}, { sequenceNumber: '18849496460467696384' }],
  ])('ascends with %s', (_, earlier, later) => {
    const [before, after] = [earlier, later].map((changes) =>
      eventSequence({ ...parts, ...changes }),
    )
    expect(String(before) < String(after)).toBe(true)
  })

  it.each([
    ['usual parts', {}],
    ['small parts', { acceptedAt: 0, place: 0, sequenceNumber: '7' }],
    ['more events than a request has', { place: 100_000 }],
    ['the longest number of SQS', { sequenceNumber: '3'.repeat(39) }],
    ['a time that is no whole number', { acceptedAt: START + 0.5 }],
  ])('has as many digits as an order has, with %s', (_, changes) => {
    expect(eventSequence({ ...parts, ...changes })).toMatch(/^\d{40}$/)
  })
})
