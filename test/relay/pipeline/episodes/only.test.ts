import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { alert, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'
import { RULE_HOSTS, type Told } from './rule-hosts.ts'

const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed' }
const BUILD: Told = { severity: 'error', reason: 'BuildFailed' }
const DONE: Told = { reason: 'ReconciliationSucceeded' }
const GOING: Told = { reason: 'Progressing' }
const at = (told: Told, revision: string): Told => ({ ...told, revision })

/** The events of an object, and what is told of each. */
const TABLE: readonly (readonly [string, 'failures' | 'changes', readonly [Told, boolean][]])[] = [
  [
    'a failure and its recovery',
    'failures',
    [
      [FAILED, true],
      [GOING, false],
      [DONE, true],
    ],
  ],
  [
    'the first recovery alone',
    'failures',
    [
      [FAILED, true],
      [DONE, true],
      [DONE, false],
    ],
  ],
  [
    'no success without a failure',
    'failures',
    [
      [DONE, false],
      [at(DONE, 'b'), false],
    ],
  ],
  [
    'a failure at one revision once',
    'failures',
    [
      [FAILED, true],
      [FAILED, false],
      [BUILD, false],
    ],
  ],
  [
    'a failure at another revision',
    'failures',
    [
      [FAILED, true],
      [at(FAILED, 'b'), true],
    ],
  ],
  [
    'a failure after a recovery',
    'failures',
    [
      [FAILED, true],
      [DONE, true],
      [FAILED, true],
    ],
  ],
  [
    'a recovery at another revision',
    'failures',
    [
      [FAILED, true],
      [at(DONE, 'b'), true],
    ],
  ],
  [
    'a failure after progress',
    'failures',
    [
      [GOING, false],
      [FAILED, true],
      [GOING, false],
    ],
  ],
  [
    'another object by itself',
    'failures',
    [
      [FAILED, true],
      [{ ...DONE, name: 'infra' }, false],
    ],
  ],
  [
    'a success at another revision',
    'changes',
    [
      [DONE, true],
      [DONE, false],
      [at(DONE, 'b'), true],
    ],
  ],
  [
    'a recovery at the same revision',
    'changes',
    [
      [DONE, true],
      [FAILED, true],
      [DONE, true],
    ],
  ],
  [
    'no progress',
    'changes',
    [
      [GOING, false],
      [DONE, true],
    ],
  ],
]

describe.each(RULE_HOSTS)('on %s the rule only', (_, open) => {
  it.each(TABLE)('tells %s', async (_, only, events) => {
    const host = await open()
    await host.configure({ only })
    for (const [told] of events) {
      await host.report(told)
      await host.restart()
    }
    expect((await host.records()).map(({ event, outcome }) => [event.reason, outcome])).toEqual(
      events.map(([{ reason }, isTold]) => [reason, isTold ? 'delivered' : 'skipped']),
    )
  })

  it('tells a recovery, and no other success, where the Alert takes errors only', async () => {
    const host = await open()
    await host.configure({ only: 'failures' }, { eventSeverity: 'error' })
    for (const told of [DONE, FAILED, GOING, DONE, DONE]) await host.report(told)
    expect(host.posted()).toEqual([
      expect.stringContaining('HealthCheckFailed'),
      expect.stringContaining('ReconciliationSucceeded'),
    ])
  })

  it('says what it skips and why', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    for (const told of [DONE, FAILED, GOING, FAILED]) await host.report(told)
    const [first, told, ...others] = await host.records()
    expect(first?.reason).toBe('no failure was told that it could end (only: failures)')
    expect(others.map(({ reason }) => reason)).toEqual([
      'Progressing is neither failure nor recovery (only: failures)',
      `the failure at main@sha1:a was told by delivery ${told?.id.slice(0, 12)} (only: failures)`,
    ])
  })

  it('tells a failure again whose delivery died, and no recovery of one that nobody was told', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(404)
    await host.report(FAILED)
    await host.report(DONE)
    await host.report(FAILED)
    host.answerWith(200)
    await host.report(FAILED)
    await host.report(DONE)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'dead',
      'skipped',
      'dead',
      'delivered',
      'delivered',
    ])
  })

  it.each<[Record<string, string>, boolean]>([
    [{ only: 'failures' }, false],
    [{ only: 'changes' }, false],
    [{ after: '2 times' }, false],
    [{ only: 'failures' }, true],
  ])(
    '%j tells the end of a failure that was told before the latest delivery died (restart %s)',
    async (rules, restarts) => {
      const host = await open()
      await host.configure(rules)
      await host.report(FAILED)
      await host.report(at(FAILED, 'b'))
      const told = host.posted().length
      host.answerWith(404)
      await host.report(at(FAILED, 'c'))
      await host.report(at(FAILED, 'd'))
      host.answerWith(200)
      if (restarts) await host.restart()
      await host.report(at(DONE, 'd'))
      expect(host.posted()).toHaveLength(told + 1)
      expect(host.posted().at(-1)).toMatch(/^ReconciliationSucceeded/)
    },
  )

  it('tells the end of a failure that a delivery told of which was on its way when the one before had died', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(503)
    await host.report(FAILED)
    await host.pass(3_500)
    await host.report(at(FAILED, 'b'))
    host.answerWith(404)
    await host.pass(3_000)
    await host.report(at(FAILED, 'c'))
    host.answerWith(200)
    await host.pass(6_000)
    await host.report(at(DONE, 'c'))
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'dead',
      'delivered',
      'dead',
      'delivered',
    ])
  })

  it('tells the end of a failure that the second of two deliveries told of which were on their way', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(503)
    await host.report(FAILED)
    await host.pass(1_500)
    await host.report(at(FAILED, 'b'))
    host.answerWith(404)
    await host.report(at(FAILED, 'c'))
    await host.pass(1_900)
    host.answerWith(200)
    await host.pass(6_000)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      ...['dead', 'delivered', 'dead'],
    ])
    await host.restart()
    await host.report(at(DONE, 'c'))
    expect((await host.records()).at(-1)?.outcome).toBe('delivered')
  })

  it('tells the end of a failure of which many deliveries were on their way when their destination answered', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(503)
    for (let count = 0; count < 20; count += 1) await host.report(at(FAILED, `${count}`))
    host.answerWith(200)
    await host.pass(3_600_000)
    host.answerWith(404)
    await host.report(at(FAILED, 'last'))
    host.answerWith(200)
    await host.report(at(DONE, 'last'))
    expect((await host.records()).slice(-2).map(({ outcome }) => outcome)).toEqual([
      ...['dead', 'delivered'],
    ])
  })

  it('counts a failure as told that is on its way', async () => {
    const host = await open()
    await host.configure({ only: 'failures' })
    host.answerWith(503)
    await host.report(FAILED)
    await host.report(BUILD)
    await host.report(DONE)
    host.answerWith(200)
    await host.pass(3_600_000)
    expect((await host.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'skipped',
      'delivered',
    ])
  })
})

it.each([
  ['only', 'failure', /expected failures or changes; "failure" is neither/],
  ['only', ' ', /expected failures or changes/],
])('%s: %s makes the Alert not ready', async (name, value, said) => {
  const set = [
    provider('chat', { type: 'slack', address: 'https://hooks.slack.com/services/x' }),
    annotated(alert('rules', 'chat'), { [name]: value }),
  ]
  const { objects } = await reconcile('local', set, 0, { read: async () => undefined })
  expect(objects[0]).toMatchObject({ ready: false, message: expect.stringMatching(said) })
})

it.each(['generic', 'pagerduty'])(
  'only has no effect on %s, which is not ready then',
  async (type) => {
    const hook = provider('p', { type, address: 'https://hooks.example/x', channel: 'x' })
    for (const set of [
      [hook, annotated(alert('rules', 'p'), { only: 'failures' })],
      [annotated(hook, { only: 'failures' }), alert('rules', 'p')],
    ]) {
      const { objects } = await reconcile('local', set, 0, { read: async () => undefined })
      expect(objects.map(({ ready }) => ready)).toContain(false)
      expect(JSON.stringify(objects)).toContain(`it is for chat, and ${type} is none`)
    }
  },
)
