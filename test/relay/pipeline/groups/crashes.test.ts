import { describe, expect, it } from 'vitest'
import { IS_FULL_SIZE } from '../../../support/full-size.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import { alert, createHarness, type Harness, provider } from '../../../support/relay-harness.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { annotated } from '../rules/annotated.ts'

/** The one that tells of them all, and others that wait for it. */
const NAMES = ['alpha', 'bravo', 'charlie', ...(IS_FULL_SIZE ? ['delta'] : [])]
const RULES = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '1m' }
const METHODS = { state: ['read', 'write'], ledger: ['readMany', 'writeMany', 'list'] } as const

/** The end of the process: what it was about to do, or has just done, was the last of it. */
class Crash extends Error {}

/** Lets the process end at its call of a store with this number, before or after the call takes effect. */
function crashAt(harness: Harness, number: number, when: 'before' | 'after'): void {
  let calls = 0
  for (const [store, methods] of Object.entries(METHODS)) {
    const port: Record<string, unknown> = Object(Reflect.get(harness.ports, store))
    for (const method of methods) {
      const call = Object(port[method]).bind(port)
      port[method] = async (...args: readonly unknown[]) => {
        calls += 1
        if (calls !== number) return call(...args)
        if (when === 'after') await call(...args)
        throw new Crash()
      }
    }
  }
}

function open(directory: string, posts: string[], now?: number): Harness {
  const harness = createHarness({}, { directory })
  if (now !== undefined) harness.clock.set(now)
  harness.answerWith(({ body }) => {
    posts.push(String(body))
    return {
      kind: 'response',
      status: 200,
      headers: {},
      body: 'ok',
      truncated: false,
      receivedAt: 0,
    }
  })
  return harness
}

async function sendAll(harness: Harness): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  for (const name of NAMES) {
    const involvedObject = { ...Object(event.involvedObject), name }
    await harness.sendJson({ ...event, involvedObject })
  }
}

/** Dispatches until nothing waits; true unless the process ended before. */
async function work(harness: Harness): Promise<boolean> {
  try {
    await harness.drain()
    while (await harness.drainNext());
    return true
  } catch (error) {
    const { cause } = Object(error)
    if (error instanceof Crash || cause instanceof Crash) return false
    throw error
  }
}

describe.each(['before', 'after'] as const)(
  'a group whose process ends %s a call of a store',
  (when) => {
    it('is told whole, whichever call it is', async () => {
      for (let number = 1; ; number += 1) {
        const directory = temporaryDirectory()
        const posts: string[] = []
        const first = open(directory, posts)
        await first.configure(
          provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' }),
          annotated(alert('a', 'p'), RULES),
        )
        await sendAll(first)
        crashAt(first, number, when)
        const isDone = await work(first)
        const now = first.clock.now()
        await first.close()
        const second = open(directory, posts, now)
        await second.queue.loaded()
        expect(await work(second)).toBe(true)
        const records = await second.records()
        await second.close()
        const named = NAMES.filter((name) => posts.some((post) => post.includes(name)))
        expect([number, records.map(({ outcome }) => outcome), named]).toEqual([
          number,
          NAMES.map(() => 'delivered'),
          NAMES,
        ])
        // What was in flight may come twice, and what came too late for a message comes by itself.
        expect(posts.length).toBeLessThanOrEqual(3)
        if (isDone) break
        expect(number).toBeLessThan(200)
      }
    }, 60_000)
  },
)
