import { describe, expect, it } from 'vitest'
import { deliveriesTable } from '../../console/deliveries-table.ts'
import { html } from '../../console/html.ts'
import { listedView } from '../../relay/api/delivery-view.ts'
import {
  deliveryRecord,
  event,
  eventRecord,
  type RecordChanges,
} from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const HEADS = 'Cluster Object Alert Provider Outcome Reason Tries Age Next_try'.split(' ')

/** The text of each cell of the one row, by the head of its column. */
function cellsOf(record: RecordChanges, now = START) {
  const text = deliveriesTable([listedView(deliveryRecord(record))], { now }).toString()
  const heads = [...text.matchAll(/<th>(.*?)<\/th>/g)].map(([, head = '']) => head)
  expect(heads.map((head) => head.replace(' ', '_'))).toEqual(HEADS)
  const cells = [...text.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) => cell)
  return Object.fromEntries(HEADS.map((head, index) => [head, cells[index]]))
}

describe('the table of deliveries', () => {
  it('shows what a person asks first', () => {
    const dead = {
      id: 'a'.repeat(64),
      cluster: 'prod',
      outcome: 'dead',
      reason: 'slack answered 404',
      attempt: 5,
      tries: 3,
    } as const
    expect(cellsOf(dead, START + 5 * MINUTE_MS)).toEqual({
      Cluster: 'prod',
      Object: `<details><summary>Kustomization/flux-system/podinfo</summary><code>${dead.id}</code></details>`,
      Alert: 'flux-system/on-call',
      Provider: 'flux-system/slack (slack)',
      Outcome: 'dead',
      Reason: 'slack answered 404',
      Tries: '3',
      Age: '5m',
      Next_try: '–',
    })
  })

  it('has no Alert and no Provider for an event that reached none', () => {
    const text = deliveriesTable([listedView(eventRecord())], { now: START }).toString()
    expect(text).toContain('<td>–</td><td>–</td><td>skipped</td>')
  })

  it.each([
    [0, '0s'],
    [-5_000, '0s'],
    [59 * SECOND_MS, '59s'],
    [MINUTE_MS, '1m'],
    [HOUR_MS - 1, '59m'],
    [3 * HOUR_MS, '3h'],
    [DAY_MS - 1, '23h'],
    [2 * DAY_MS + HOUR_MS, '2d'],
    [400 * DAY_MS, '400d'],
  ])('tells an age of %i ms as %s', (ms, age) => {
    expect(cellsOf({ acceptedAt: START - ms }).Age).toBe(age)
  })

  it('tells when a retry is due, and counts the tries that were made', () => {
    // It was woken once, which took a serial and was no try.
    const retry = { outcome: 'retry', attempt: 3, tries: 1 } as const
    const due = cellsOf({ ...retry, dueAt: START + 10 * MINUTE_MS })
    expect(due).toMatchObject({ Tries: '1', Next_try: 'in 10m' })
    expect(cellsOf({ ...retry, dueAt: START - 1 }).Next_try).toBe('now')
  })

  it('shows a record that cannot be read as a row that says so', () => {
    const reason = 'this record cannot be read: attempts is missing'
    const row = { id: 'd', cluster: 'prod', object: 'Pod/a/b', outcome: 'dead', reason } as const
    const records = [{ kind: 'unreadable', ...row, alert: 'apps/team', acceptedAt: START } as const]
    const text = deliveriesTable(records.map(listedView), { now: START }).toString()
    const cells = [...text.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) => cell)
    expect(cells.slice(2)).toEqual(['apps/team', '–', 'dead', reason, '–', '0s', '–'])
    expect(text).toContain('<summary>Pod/a/b</summary>')
  })

  it('cuts a long reason', () => {
    const { Reason } = cellsOf({ reason: 'x'.repeat(5_000) })
    expect(Reason).toBe(`${'x'.repeat(299)}…`)
  })

  it('makes text of whatever a cluster sent', () => {
    const evil = `<script>alert("1")</script>'[x](javascript:y)`
    const identity = { namespace: evil, name: evil, uid: '' }
    const record = deliveryRecord({
      id: evil,
      cluster: evil,
      reason: evil,
      event: event(evil, evil),
      alert: identity,
      provider: { ...identity, type: evil },
    })
    const text = deliveriesTable([listedView(record)], { now: START }).toString()
    expect(text).not.toMatch(/<script|alert\("/)
    expect(text.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;/g)).toHaveLength(9)
    const tags = new Set([...text.matchAll(/<\/?([a-z]+)/g)].map(([, tag]) => tag))
    expect([...tags].sort()).toEqual('code details summary table tbody td th thead tr'.split(' '))
  })

  it('has a row for each delivery, in their order, and an action when there is one', () => {
    const records = ['b', 'a', 'c'].map((id) => listedView(deliveryRecord({ id })))
    const text = deliveriesTable(records, { now: START, action: ({ id }) => html`do ${id}` })
    const actions = [...text.toString().matchAll(/<td>do (\w)<\/td><\/tr>/g)]
    expect(actions.map(([, id]) => id)).toEqual(['b', 'a', 'c'])
    expect(deliveriesTable(records, { now: START }).toString()).not.toContain('do ')
  })
})
