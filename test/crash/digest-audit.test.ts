import { expect, it } from 'vitest'
import { digestsOf } from './digest-audit.ts'
import type { Entry } from './entries.ts'
import type { SentEvent } from './events.ts'
import type { Arrival } from './sink.ts'

const SAID = [
  'From 09:15:03 to 09:15:09 UTC',
  '1 object failing',
  'Kustomization/flux-system/app-2 (2 events): StepFailed: app-2 second',
  'Kustomization/flux-system/app-5: ReconciliationSucceeded: app-5 first',
]
const NAMED = ['app-2 first', 'app-2 second', 'app-5 first']

function arrival(title: string, lines: readonly string[], changes: Partial<Arrival> = {}): Arrival {
  const body = JSON.stringify({ attachments: [{ author_name: title, text: lines.join('\n') }] })
  const answered = { isApplied: true, isConfirmed: true, at: 1 }
  return { life: 1, path: '/grouped', webhookId: undefined, body, ...answered, ...changes }
}

function entry(message: string, index: number): Entry {
  const rest = { reason: '', attempt: 1, repeats: 0, isCounter: false, toldIn: 'leader' }
  const ids = {
    id: `${index} ${message}`,
    eventId: message,
    cluster: 'local',
    route: 'grouped',
    message,
  }
  return { ...ids, outcome: 'delivered', ...rest }
}

function isTold(got: Arrival, members: readonly string[], replayed: readonly string[] = []) {
  const event = (message: string) => [message, { object: message.split(' ')[0] } as SentEvent]
  const entries = members.map(entry)
  const ids = entries.filter(({ message }) => replayed.includes(message)).map(({ id }) => id)
  const isIn = digestsOf({
    journal: { arrivals: [got], replays: new Map(ids.map((id) => [id, 1])) },
    entries,
    made: new Map(members.map((message) => event(message) as [string, SentEvent])),
  })
  return entries.every(isIn)
}

const GOT = arrival('3 events of 2 objects: 2 error, 1 info', SAID)

it('takes a message that tells of all that go with it', () => {
  expect(isTold(GOT, NAMED)).toBe(true)
})

it('takes a message that says of an object that a newer event is known', () => {
  const marked = SAID.map((line) =>
    line.endsWith('second') ? `${line} (a newer event of this object is known)` : line,
  )
  expect(isTold(arrival('3 events of 2 objects: 2 error, 1 info', marked), NAMED)).toBe(true)
})

it.each([
  ['of too few events', GOT, [...NAMED, 'app-5 second']],
  ['of too many events', GOT, NAMED.slice(1)],
  ['of an object that has none', GOT, [...NAMED.slice(0, 2), 'app-8 first']],
  ['with a last event of another group', GOT, ['app-2 first', 'app-2 third', 'app-5 first']],
  ['that went elsewhere', { ...GOT, path: '/chat' }, NAMED],
  ['that the sink never took', { ...GOT, isApplied: false }, NAMED],
])('takes no message %s', (_, got, members) => {
  expect(isTold(got, members)).toBe(false)
})

it('lets a message leave out, or hold, what was replayed', () => {
  expect(isTold(GOT, [...NAMED, 'app-8 first'], ['app-8 first'])).toBe(true)
  expect(isTold(GOT, NAMED, ['app-5 first'])).toBe(true)
})

it('lets a message hold what was replayed later, and so names it no more', () => {
  const entries = [
    ...NAMED.slice(0, 2).map(entry),
    { ...entry('app-5 first', 2), toldIn: undefined },
  ]
  const made = new Map(
    NAMED.map((message) => [message, { object: message.split(' ')[0] } as SentEvent]),
  )
  const isIn = (replayed: readonly string[]) => {
    const replays = new Map(replayed.map((id) => [id, 1]))
    return digestsOf({ journal: { arrivals: [GOT], replays }, entries, made })
  }
  expect(entries.map(isIn(['2 app-5 first']))).toEqual([true, true, false])
  expect(entries.map(isIn([]))).toEqual([false, false, false])
})

it('counts a failure and its reminders, which tell of the same', () => {
  const since = 'Failing since 2026-11-20T09:15:03Z (reminder 1): StepFailed: '
  const line = `Kustomization/flux-system/app-2 (2 events): ${since}app-2 first`
  const got = arrival('2 events of 1 object: 2 error', [line])
  expect(isTold(got, ['app-2 first', 'app-2 first'])).toBe(true)
  expect(isTold(got, ['app-2 first'])).toBe(false)
})

it('counts the objects that a message does not name', () => {
  const more = [...SAID.slice(2, 3), 'and 1 more object: flux-relay get deliveries']
  const got = (title: string) => arrival(title, more)
  expect(isTold(got('3 events of 2 objects: 3 error'), NAMED)).toBe(true)
  expect(isTold(got('4 events of 2 objects: 4 error'), [...NAMED, 'app-8 first'])).toBe(false)
})
