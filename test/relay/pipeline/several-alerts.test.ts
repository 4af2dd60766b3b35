import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { HttpResponse, TransportFailure } from '../../../relay/ports/http.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { alert, answer, provider } from '../../support/relay-harness.ts'
import { type SimulatedRelay, startSimulatedRelay } from '../../support/simulated-relay.ts'

const NAMES = ['one', 'two', 'three'] as const
const MANIFESTS = NAMES.flatMap((name) => [
  {
    ...provider(name, { type: 'generic', address: `https://${name}.test/` }),
    metadata: { name, namespace: 'flux-system', uid: `provider-${name}` },
  },
  alert(name, name),
])

const SEEN = {
  records: "SELECT substr(alert, instr(alert, '/') + 1) AS name FROM ledger ORDER BY rowid",
  memories: "SELECT key AS name FROM state WHERE key LIKE '%#object#%'",
  queued: 'SELECT seq AS name FROM events WHERE queued = 1',
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A relay with three Alerts for an event, whose destinations answer when they are told to. */
function setUp() {
  const disk = new MemoryDisk()
  const asked: string[] = []
  const answers = new Map<string, (answer: HttpResponse | TransportFailure) => void>()
  const start = () =>
    startSimulatedRelay({
      disk,
      clock: new ManualClock(),
      manifests: MANIFESTS,
      placesPerHost: 2,
      onSetAside: ({ failure }) => {
        throw failure
      },
      http: {
        send({ url }) {
          const name = new URL(url).hostname.replace('.test', '')
          asked.push(name)
          return new Promise((resolve) => answers.set(name, resolve))
        },
      },
    })
  const settle = async () => {
    for (let turns = 0; turns < 40; turns += 1) await turn()
  }
  return {
    asked,
    start,
    settle,
    /** What is on the disk. */
    seen: (what: keyof typeof SEEN) =>
      disk.rows<{ name: string | number }>(SEEN[what]).map(({ name }) => name),
    async answerAs(name: (typeof NAMES)[number], status: number) {
      answers.get(name)?.(answer(status))
      await settle()
    },
  }
}

async function kill(relay: SimulatedRelay): Promise<void> {
  relay.kill()
  vi.clearAllTimers()
}

it('has each outcome on the disk when it is known, and a kill loses none', async () => {
  const { asked, start, settle, seen, answerAs } = setUp()
  const first = await start()
  await first.post(fixtureJson('kustomization-finished'))
  await settle()
  expect(asked.toSorted()).toEqual([...NAMES].toSorted())
  expect(seen('records')).toEqual([])

  await answerAs('two', 200)
  // The memory of the object came with the first outcome; the event stays for those that are left.
  expect(seen('records')).toEqual(['two'])
  expect(seen('memories')).toHaveLength(1)
  expect(seen('queued')).toHaveLength(1)
  await answerAs('one', 410)
  expect(seen('records')).toEqual(['two', 'one'])
  expect(seen('queued')).toHaveLength(1)

  await kill(first)
  asked.length = 0
  const second = await start()
  await settle()
  // What was under way is asked again, and nothing else.
  expect(asked).toEqual(['three'])
  await kill(second)
  asked.length = 0
  const third = await start()
  await settle()
  expect(asked).toEqual(['three'])
  await answerAs('three', 200)
  vi.advanceTimersByTime(100)
  await settle()
  expect(seen('records')).toEqual(['two', 'one', 'three'])
  expect(seen('queued')).toEqual([])

  await kill(third)
  asked.length = 0
  const fourth = await start()
  await settle()
  expect(asked).toEqual([])
  await kill(fourth)
})

it('takes the event off the queue with the last outcome, or after it, and never before', async () => {
  const { asked, start, settle, seen, answerAs } = setUp()
  const relay = await start()
  await relay.post(fixtureJson('kustomization-finished'))
  await settle()
  for (const name of NAMES) await answerAs(name, 200)
  // Killed before the removal, which has no commit of its own, was written.
  expect(seen('records')).toHaveLength(3)
  expect(seen('queued')).toHaveLength(1)
  await kill(relay)
  asked.length = 0
  const again = await start()
  await settle()
  vi.advanceTimersByTime(100)
  await settle()
  expect(asked).toEqual([])
  expect(seen('records')).toHaveLength(3)
  expect(seen('queued')).toEqual([])
  await kill(again)
})
