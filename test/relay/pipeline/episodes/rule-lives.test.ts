import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOf } from './rule-faults.ts'
import { embedded } from './rule-hosts.ts'
import { type EventKind, OBJECTS, RULE_SETS, RuleLife, STANDINGS, type Step } from './rule-life.ts'

/**
 * FLUX_RELAY_RULE_RUNS=1000 looks for longer, and elsewhere each time; what fails names its seed and path. Without it
 * the same lives are run each time.
 */
const WANTED = process.env.FLUX_RELAY_RULE_RUNS
const RUNS = Number(WANTED ?? 8)
const SEED = WANTED === undefined ? { seed: 20261201 } : {}
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const of = <K extends Step['kind']>(kind: K) => fc.constant(kind)
const REASONS: Readonly<Record<EventKind, readonly string[]>> = {
  failure: ['HealthCheckFailed', 'BuildFailed'],
  success: ['ReconciliationSucceeded'],
  progress: ['Progressing'],
}
const report = (kind: EventKind) =>
  fc.record({
    kind: of('report'),
    of: fc.constant(kind),
    object: fc.constantFrom(...OBJECTS),
    revision: fc.constantFrom('main@sha1:a', 'main@sha1:b'),
    reason: fc.constantFrom(...REASONS[kind]),
    afterMs: fc.constantFrom(0, 1_000, 20_000, 2 * MINUTE_MS),
  })
const PASSED_MS = [1_000, 12_000, 40_000, 2 * MINUTE_MS, 6 * MINUTE_MS, 11 * MINUTE_MS, HOUR_MS]
const MATCHES = [
  'true',
  "event.severity == 'error'",
  "event.severity != 'error'",
  "event.reason == 'BuildFailed'",
]
const common = [
  { arbitrary: report('failure'), weight: 5 },
  { arbitrary: report('success'), weight: 3 },
  { arbitrary: report('progress'), weight: 1 },
  {
    arbitrary: fc.record({
      kind: of('pass'),
      ms: fc.constantFrom(...PASSED_MS, 5 * HOUR_MS),
    }),
    weight: 5,
  },
  {
    arbitrary: fc.record({
      kind: of('answer'),
      status: fc.constantFrom(200, 200, 404, 429, 503),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: of('silence'),
      match: fc.constantFrom(...MATCHES),
      ms: fc.constantFrom(2 * MINUTE_MS, 15 * MINUTE_MS, 2 * HOUR_MS, 9 * HOUR_MS),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ kind: fc.constantFrom('expire', 'restart') }), weight: 2 },
]
const byPeople = [
  {
    arbitrary: fc.record({
      kind: of('alert'),
      index: fc.nat(1),
      standing: fc.constantFrom(...STANDINGS),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom('replay', 'dismiss'),
      index: fc.nat(30),
    }),
    weight: 2,
  },
]
const clock = {
  arbitrary: fc.record({
    kind: of('clock'),
    ms: fc.constantFrom(-HOUR_MS, -10 * MINUTE_MS, HOUR_MS),
  }),
  weight: 1,
}

describe('whatever happens to an Alert with rules', () => {
  it.each<[string, readonly fc.WeightedArbitrary<Step>[]]>([
    ['none is told twice or not at all, and no end of what was not told', common],
    ['and whoever sets its clock, the same holds', [...common, clock]],
    [
      'and whatever people change, its records say what became of each event',
      [...common, ...byPeople],
    ],
  ])(
    '%s',
    async (_, vocabulary) => {
      const set = fc.constantFrom(...RULE_SETS)
      const steps = fc.array(fc.oneof(...vocabulary), { minLength: 8, maxLength: 30, size: 'max' })
      await fc.assert(
        fc.asyncProperty(fc.tuple(set, set), steps, async (sets, sequence) => {
          const life = new RuleLife(await embedded(), sets)
          await life.run(sequence)
          await life.finish()
          expect(await faultsOf(life)).toEqual([])
          await life.host.close()
        }),
        { ...SEED, numRuns: RUNS, endOnFailure: true },
      )
    },
    60_000 + 3_000 * RUNS,
  )
})

it.each(['suspended', 'deleted', 'not valid'] as const)(
  'what a message tells of that is being sent is told with it, though its Alert is %s by then',
  async (standing) => {
    const life = new RuleLife(await embedded(), [{ rules: {} }, { rules: {} }])
    const failure = (object: 'a' | 'b'): Step => {
      const about = { revision: 'main@sha1:a', reason: 'BuildFailed', afterMs: 0 }
      return { kind: 'report', of: 'failure', object, ...about }
    }
    await life.run([
      { kind: 'answer', status: 429 },
      failure('a'),
      failure('b'),
      { kind: 'pass', ms: 2 * MINUTE_MS },
      { kind: 'alert', index: 1, standing },
      { kind: 'pass', ms: 15 * MINUTE_MS },
      { kind: 'answer', status: 200 },
      { kind: 'pass', ms: HOUR_MS },
    ])
    const records = await life.records()
    expect(life.host.posted()).toEqual([expect.stringMatching(/^4 events of 2 objects/)])
    expect(records.map(({ outcome }) => outcome)).toEqual(Array(4).fill('delivered'))
    await life.host.close()
  },
)
