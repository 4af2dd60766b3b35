import { describe, expect, it } from 'vitest'
import { findUnaccounted } from './accounting.ts'
import type { Entry } from './entries.ts'
import type { SentEvent } from './events.ts'

const REPEATS = 'repeats the event 0123456789ab of 2026-11-20T09:15:03.000Z'

/** An event that the Alerts `hooks`, `chat` and `statuses` take. */
function sent(message: string, changes: Partial<SentEvent> = {}): SentEvent {
  return {
    report: 1,
    cluster: 'local',
    kind: 'Kustomization',
    object: 'app-4',
    severity: 'info',
    reason: 'ReconciliationSucceeded',
    message,
    commit: 'c',
    at: 1,
    isRepeat: message !== 'first',
    ...changes,
  }
}

function entry(message: string, route: string, outcome: Entry['outcome'], reason = ''): Entry {
  const [id, eventId] = [`${message} ${route}`, message]
  const rest = { attempt: 1, repeats: 0, isCounter: false }
  return { id, eventId, cluster: 'local', route, message, outcome, reason, ...rest }
}

const FIRST = [
  entry('first', 'hooks', 'delivered'),
  entry('first', 'chat', 'delivered'),
  entry('first', 'statuses', 'delivered'),
]

function audit(entries: readonly Entry[]): readonly string[] {
  const acknowledged = [sent('first'), sent('again')]
  return findUnaccounted({
    acknowledged,
    made: new Map(acknowledged.map((event) => [event.message, event])),
    entries,
    queued: new Set(),
    retrying: 'running',
    forgottenMeanwhile: new Set(),
  })
}

describe('the audit of the ledger', () => {
  it('takes a repeat for all, and one for each Alert that was told', () => {
    expect(audit([...FIRST, entry('again', '', 'suppressed', REPEATS)])).toEqual([])
    expect(
      audit([
        ...FIRST,
        entry('again', 'hooks', 'suppressed', REPEATS),
        entry('again', 'chat', 'suppressed', REPEATS),
        entry('again', 'statuses', 'delivered'),
      ]),
    ).toEqual([])
  })

  it.each(['skipped', 'dead', 'suppressed'] as const)(
    'finds a repeat of what was %s for an Alert',
    (outcome) => {
      const [, ...others] = FIRST
      const first = [entry('first', 'hooks', outcome), ...others]
      const untold = 'repeats what was not told to hooks: again'
      expect(audit([...first, entry('again', '', 'suppressed', REPEATS)])).toContain(untold)
      const own = ['hooks', 'chat', 'statuses'].map((route) =>
        entry('again', route, 'suppressed', REPEATS),
      )
      const found = audit([...first, ...own]).filter((line) => line.startsWith('repeats'))
      expect(found).toEqual([untold])
    },
  )

  it('finds what is suppressed and repeats nothing, and a repeat with two kinds of records', () => {
    const first = entry('first', 'hooks', 'suppressed', REPEATS)
    expect(audit([first, ...FIRST.slice(1), entry('again', '', 'suppressed', REPEATS)])).toContain(
      `suppressed, not delivered, for hooks: first: ${REPEATS}`,
    )
    expect(
      audit([
        ...FIRST,
        entry('again', '', 'suppressed', REPEATS),
        entry('again', 'hooks', 'suppressed', REPEATS),
      ]),
    ).toContain('suppressed as a repeat, and sent too: again')
  })
})
