import { describe, expect, it } from 'vitest'
import { readEventsQuery, readStreamQuery } from '../../../relay/api/delivery-query.ts'
import { answerEvent } from '../../../relay/api/event-query.ts'
import { listObjects } from '../../../relay/api/list-objects.ts'
import { listQuarantine } from '../../../relay/api/quarantine.ts'

/** What no refused request may touch. */
const none: never = undefined as never

/** The answers to a query, by who reads it. Nothing of a store is asked before a query is read. */
const readers = {
  objects: (query: URLSearchParams) => listObjects({} as never, 'prod', query),
  event: (query: URLSearchParams) => answerEvent(none, 'e1', query, {} as never),
  quarantine: (query: URLSearchParams) => listQuarantine(none, query),
} as const

describe('parameters of a query', () => {
  it.each([
    ['objects', 'knd=Alert', 'knd: is not a parameter; expected kind'],
    ['objects', 'kind=Alert&kind=Provider', 'kind: is given twice'],
    ['objects', 'kind=Secret', 'kind: expected Alert, Provider or Silence'],
    ['event', 'clutser=prod', 'clutser: is not a parameter; expected cluster'],
    ['event', 'id=other', 'id: is not a parameter; expected cluster'],
    ['event', 'cluster=prod&cluster=staging', 'cluster: is given twice'],
    ['quarantine', 'limit=5', 'limit: is not a parameter; expected cursor'],
    ['quarantine', 'cursor=1&cursor=2', 'cursor: is given twice'],
    ['quarantine', '__proto__=x', '__proto__: is not a parameter; expected cursor'],
  ] as const)('of %s refuses %j and says what is expected', async (name, query, detail) => {
    const { status, body } = await readers[name](new URLSearchParams(query))
    expect(status).toBe(400)
    const [field = '', message = ''] = detail.split(/: (.*)/)
    expect(JSON.parse(body)).toMatchObject({
      type: 'bad-parameter',
      detail,
      errors: [{ field, message }],
    })
  })

  it.each([
    ['a stream', readStreamQuery, ['limit', 'cursor']],
    ['a list of events', readEventsQuery, ['id', 'outcome']],
  ] as const)('of %s expects none that it refuses', (_, read, others) => {
    const refused = read([['colour', 'red']], 0)
    if (!('problem' in refused)) throw new Error('it was not refused')
    const [, expected = ''] = refused.problem.detail.split('expected one of ')
    const names = expected.split(', ')
    expect(names).toContain('cluster')
    expect(names.filter((name) => others.some((other) => other === name))).toEqual([])
  })
})
