import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

/** How often an event has to wait for the disk, its acceptance included. */
const COMMITS = {
  'an event with one Alert': 2,
  'an event with a subject': 3,
  'a repeat': 2,
  'an event that no Alert takes': 2,
} as const
type Kind = keyof typeof COMMITS

const EVENTS = 10

// What may wait for another write waits for it here, however slow the machine is.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it.each(Object.entries(COMMITS) as [Kind, number][])('%s costs %i commits', async (kind, most) => {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
  const harness = createHarness()
  const own = exec.mock.contexts.at(-1)
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'github-token' })
  harness.answerWith(() => answer(kind === 'an event with a subject' ? 201 : 200))
  await harness.configure(
    ...(kind === 'an event with a subject'
      ? githubPair()
      : [provider('hook', { type: 'generic', address: 'https://hook.test/' })]),
    ...(kind === 'an event with one Alert' || kind === 'a repeat' ? [alert('all', 'hook')] : []),
  )
  await tell(harness, kind, 0)
  exec.mockClear()
  for (let index = 1; index <= EVENTS; index += 1) await tell(harness, kind, index)
  // What an earlier test of this process left open may commit too.
  const ownCalls = exec.mock.calls.filter((_, at) => exec.mock.contexts[at] === own)
  const commits = ownCalls.filter(([sql]) => sql === 'COMMIT').length
  expect(commits).toBeGreaterThan(0)
  expect(commits / EVENTS).toBeLessThanOrEqual(most)
  await harness.close()
})

async function tell(harness: Harness, kind: Kind, index: number): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  const name = kind === 'a repeat' ? 'same' : `app-${index}`
  const timestamp = new Date(harness.clock.now() + index).toISOString()
  const involvedObject = { ...Object(event.involvedObject), name }
  harness.clock.advance(1)
  await harness.sendJson({ ...event, involvedObject, timestamp })
  await harness.drain()
}
