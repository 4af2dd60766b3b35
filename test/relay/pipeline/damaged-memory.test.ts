import { describe, expect, it } from 'vitest'
import { whenThere } from '../../../relay/model/awaitable.ts'
import { createSilence } from '../../../relay/pipeline/silences/stored-silences.ts'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { annotated } from './rules/annotated.ts'

const HOUR_MS = 3_600_000
const SLACK = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const hook = (name: string) =>
  provider(name, { type: 'generic', address: `https://${name}.example/` })
const GROUPED = { 'group-by': 'event.reason', 'group-wait': '30s', 'group-max': '1m' }

/** The object of the fixture. */
const OBJECT = 'Kustomization/flux-system/podinfo'

/** Something that the relay remembers. */
interface Memory {
  /** The keys of its items. */
  readonly keys: RegExp
  /** What it is called, and what it is about, where its key does not tell. */
  readonly kind: string
  readonly about?: string
  /** Brings it about. */
  readonly make: (harness: Harness) => Promise<void>
  /** Does what needs it, after it was damaged. */
  readonly use: (harness: Harness) => Promise<void>
  /** How many requests are sent in all. */
  readonly requests: number
}

const MEMORIES: Readonly<Record<string, Memory>> = {
  'of an object': {
    keys: /#object#/,
    kind: 'object memory',
    about: OBJECT,
    async make(harness) {
      await harness.configure(hook('p'), alert('a', 'p'))
      await fail(harness, 'first')
    },
    use: (harness) => fail(harness, 'second'),
    requests: 2,
  },
  'of a subject': {
    keys: /^local#[0-9a-f]{64}$/,
    kind: 'subject',
    async make(harness) {
      harness.secrets.set(`${CLUSTER}/flux-system/forge`, { token: 'token' })
      const address = 'https://forge.test/group/project'
      const forge = provider('forge', { type: 'gitlab', address, secretRef: { name: 'forge' } })
      await harness.configure(forge, alert('a', 'forge'))
      await fail(harness, 'first')
    },
    use: (harness) => fail(harness, 'second', { reason: 'OtherStep' }),
    requests: 2,
  },
  'of what an Alert was told of an object': {
    keys: /#episode#/,
    kind: 'episode',
    about: OBJECT,
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), { only: 'failures' }))
      await fail(harness, 'first')
    },
    // Nobody knows any more that this failure was told.
    use: (harness) => fail(harness, 'second'),
    requests: 2,
  },
  'of the time of a group': {
    keys: /#window#/,
    kind: 'group window',
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), GROUPED))
      await fail(harness, 'first')
    },
    async use(harness) {
      await fail(harness, 'second')
      await runOut(harness)
    },
    requests: 2,
  },
  'of the message of a group': {
    keys: /#group#/,
    kind: 'group message',
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), GROUPED))
      harness.answerWith(() => answer(503))
      await fail(harness, 'first')
      await fail(harness, 'second')
      while (harness.requests.length === 0) await harness.drainNext()
    },
    async use(harness) {
      harness.answerWith(() => answer(200))
      await runOut(harness)
    },
    requests: 2,
  },
  'of what a silence holds back': {
    keys: /#held#/,
    kind: 'held failure',
    about: OBJECT,
    async make(harness) {
      await harness.configure(SLACK, alert('a', 'p'))
      const endsAt = harness.clock.now() + HOUR_MS
      await createSilence(harness.ports, CLUSTER, { match: 'true', reason: 'r', endsAt })
      await fail(harness, 'first')
    },
    async use(harness) {
      await fail(harness, 'second')
      await runOut(harness)
    },
    requests: 1,
  },
  'of which destinations failed': {
    keys: /#failing-providers#/,
    kind: 'failing providers',
    make: failLong,
    use: failThenArrive,
    requests: 10,
  },
  'of a destination that fails': {
    keys: /#trouble#/,
    kind: 'trouble',
    make: failLong,
    use: failThenArrive,
    // Six tries until it is told, a seventh, and one that arrives, which is told.
    requests: 10,
  },
}

/** Lets a destination fail until that is told. */
async function failLong(harness: Harness): Promise<void> {
  const ops = alert('ops', 'ops', { eventSources: [{ kind: 'Bucket', name: 'none' }] })
  const told = annotated(ops, { self: 'deliveries' })
  await harness.configure(hook('p'), hook('ops'), alert('a', 'p'), told)
  harness.answerWith(({ url }) => answer(url.includes('ops') ? 200 : 503))
  await fail(harness, 'first')
  while (!harness.requests.some(({ url }) => url.includes('ops'))) await harness.drainNext()
}

/** Lets the destination fail once more, and then take what comes. */
async function failThenArrive(harness: Harness): Promise<void> {
  await harness.drainNext()
  harness.answerWith(() => answer(200))
  await runOut(harness)
}

async function fail(harness: Harness, message: string, changes: object = {}): Promise<void> {
  harness.clock.advance(1)
  const event = fixtureJson('kustomization-health-check-failed')
  await harness.sendJson({ ...event, message, ...changes })
  await harness.drain()
}

async function runOut(harness: Harness): Promise<void> {
  while (await harness.drainNext());
}

/**
 * Lets the items with these keys be read as this value until they are written again. Returns the keys of those that were
 * read, and of those that were written.
 */
function damage({ ports: { state } }: Harness, keys: RegExp, value: unknown) {
  const [read, write] = [state.read.bind(state), state.write.bind(state)]
  const met = new Set<string>()
  const mended = new Set<string>()
  state.read = (key) =>
    whenThere(read(key), (stored) => {
      if (stored === undefined || !keys.test(key) || mended.has(key)) return stored
      met.add(key)
      return { ...stored, value }
    })
  state.write = (key, ...rest) =>
    whenThere(write(key, ...rest), (isWritten) => {
      if (isWritten) mended.add(key)
      return isWritten
    })
  return { met, mended }
}

describe.each(Object.entries(MEMORIES))(
  'a memory %s',
  (_, { keys, kind, about, make, use, requests }) => {
    it.each([
      ['is no JSON any more', undefined],
      ['has another form', { v: 1, order: 1, failure: 1 }],
    ])('that %s begins anew, and stops nothing', async (_, value) => {
      const harness = createHarness()
      await make(harness)
      const { met, mended } = damage(harness, keys, value)
      await use(harness)
      expect(met.size).toBeGreaterThan(0)
      expect([...met].filter((key) => !mended.has(key))).toEqual([])
      expect(harness.requests).toHaveLength(requests)
      // Each is reported once, however often it was read.
      expect(harness.damages.map(({ key }) => key).toSorted()).toEqual([...met].toSorted())
      for (const { cause, memory } of harness.damages) {
        expect([cause.length > 0, memory]).toEqual([true, kind])
      }
      if (about) expect(harness.damages.map((damage) => damage.about)).toContain(about)
      const outcomes = new Set((await harness.records()).map(({ outcome }) => outcome))
      expect([...outcomes].filter((outcome) => outcome === 'retry' || outcome === 'held')).toEqual(
        [],
      )
    })
  },
)
