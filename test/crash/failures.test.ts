import { expect, it } from 'vitest'
import type { Entry } from './entries.ts'
import type { SentEvent } from './events.ts'
import { findUntoldFailures } from './failures.ts'

/** An event of one object, and what became of it for an Alert. */
type Case = readonly [reason: 'Failed' | 'Done' | 'Progressing', outcome: Entry['outcome']]

function audit(route: string, cases: readonly Case[]): readonly string[] {
  const events = cases.map(([reason], at): SentEvent => {
    const isFailure = reason === 'Failed'
    return {
      ...{ report: at, cluster: 'local', kind: 'Kustomization', object: 'app-2', at },
      severity: isFailure ? 'error' : 'info',
      reason: { Failed: 'StepFailed', Done: 'ReconciliationSucceeded', Progressing: reason }[
        reason
      ],
      ...{ message: `message ${at}`, commit: 'c', isRepeat: false },
    }
  })
  const entries = events.map(({ message }, at): Entry => {
    const outcome = cases[at]?.[1] ?? 'skipped'
    const ids = { id: message, eventId: message, cluster: 'local', route, message }
    return { ...ids, outcome, reason: '', attempt: 1, repeats: 0, isCounter: false }
  })
  const made = new Map(events.map((event) => [event.message, event]))
  return findUntoldFailures({ entries, made, retrying: 'none' })
}

it.each<readonly [string, readonly Case[]]>([
  [
    'failing',
    [
      ['Failed', 'delivered'],
      ['Failed', 'skipped'],
      ['Done', 'delivered'],
    ],
  ],
  [
    'failing',
    [
      ['Done', 'skipped'],
      ['Failed', 'delivered'],
      ['Progressing', 'skipped'],
    ],
  ],
  [
    'lasting',
    [
      ['Failed', 'skipped'],
      ['Done', 'skipped'],
      ['Failed', 'skipped'],
      ['Failed', 'delivered'],
    ],
  ],
  [
    'silenced',
    [
      ['Failed', 'skipped'],
      ['Done', 'skipped'],
      ['Failed', 'skipped'],
      ['Failed', 'delivered'],
    ],
  ],
])('takes what %s is told of failures', (route, cases) => {
  expect(audit(route, cases)).toEqual([])
})

it.each<readonly [string, string, readonly Case[]]>([
  ['that lasts', 'failing', [['Failed', 'skipped']]],
  ['that lasts', 'silenced', [['Failed', 'skipped']]],
  [
    'that lasts',
    'lasting',
    [
      ['Failed', 'delivered'],
      ['Done', 'delivered'],
      ['Failed', 'skipped'],
    ],
  ],
  [
    'that ended',
    'failing',
    [
      ['Failed', 'skipped'],
      ['Done', 'skipped'],
    ],
  ],
  [
    'whose end was skipped',
    'failing',
    [
      ['Failed', 'delivered'],
      ['Done', 'skipped'],
    ],
  ],
  [
    'that had ended',
    'failing',
    [
      ['Failed', 'delivered'],
      ['Done', 'delivered'],
      ['Done', 'delivered'],
    ],
  ],
])('finds a failure %s and of which %s was not told right', (_, route, cases) => {
  expect(audit(route, cases)).not.toEqual([])
})
