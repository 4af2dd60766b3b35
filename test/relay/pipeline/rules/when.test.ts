import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const HOOK = { type: 'generic', address: 'https://hooks.example/x' }

/** What comes of a success of Kustomization podinfo for an Alert and a Provider with such conditions. */
async function decide({ onAlert, onProvider }: { onAlert?: string; onProvider?: string }) {
  const harness = createHarness()
  await harness.configure(
    annotated(provider('p', HOOK), onProvider === undefined ? {} : { when: onProvider }),
    annotated(alert('a', 'p'), onAlert === undefined ? {} : { when: onAlert }),
  )
  await harness.send('kustomization-finished')
  await harness.drain()
  const [record] = await harness.records()
  return record
}

describe('the condition when', () => {
  it.each([
    ['the reason', "event.reason == 'ReconciliationSucceeded'", 'delivered'],
    ['another reason', "event.reason == 'HealthCheckFailed'", 'skipped'],
    ['the object', "event.involvedObject.name == 'podinfo'", 'delivered'],
    [
      'the revision, without its prefix',
      "event.metadata.revision.startsWith('main/')",
      'delivered',
    ],
    ['the cluster', "cluster in ['prod', 'stage']", 'skipped'],
    ['a label that is not known', "'team' in labels", 'skipped'],
    ['the Alert', "alert.metadata.name == 'a'", 'delivered'],
    ['the Provider', "provider.spec.type == 'slack'", 'skipped'],
  ])('asks for %s', async (_, onAlert, outcome) => {
    expect(await decide({ onAlert })).toMatchObject({ outcome })
  })

  it('of the Alert comes before that of the Provider', async () => {
    expect(await decide({ onAlert: 'true', onProvider: 'false' })).toMatchObject({
      outcome: 'delivered',
    })
    expect(await decide({ onProvider: 'false' })).toMatchObject({
      outcome: 'skipped',
      reason: 'the condition of the Provider does not hold',
      provider: { name: 'p' },
    })
    expect(await decide({ onAlert: 'false', onProvider: 'true' })).toMatchObject({
      outcome: 'skipped',
      reason: 'the condition of the Alert does not hold',
    })
  })

  // docs/rules.md: so do sources and lists, while what holds back does not.
  it('is met by a replay as it is then, where after and only hold nothing back', async () => {
    const harness = createHarness()
    const slack = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
    await harness.configure(slack, alert('a', 'p'))
    await harness.send('kustomization-finished')
    await harness.drain()
    const replay = async (rules: Readonly<Record<string, string>>) => {
      await harness.configure(slack, annotated(alert('a', 'p'), rules))
      const [record] = await harness.records()
      await requestReplay(harness.ports, record?.id ?? '')
      await harness.drain()
      return harness.records()
    }
    expect(await replay({ when: 'false' })).toMatchObject([
      { outcome: 'skipped', reason: 'the condition of the Alert does not hold' },
    ])
    expect(harness.requests).toHaveLength(1)
    const told = await replay({ only: 'failures', after: '10m', title: 'once more' })
    expect(told).toMatchObject([{ outcome: 'delivered' }])
    expect(String(harness.requests[1]?.body)).toContain('once more')
  })

  it('that fails on an event lets it through, and says so', async () => {
    expect(await decide({ onAlert: "event.metadata.team == 'web'" })).toMatchObject({
      outcome: 'delivered',
      notes: [
        expect.stringMatching(/^the condition counts as fulfilled, as it failed: .*no such key/),
      ],
    })
  })

  it.each(['has(event.metadata.team)', "event.metadata[?'team'].orValue('') == 'web'"])(
    'asks an event without metadata too: %s',
    async (when) => {
      const harness = createHarness()
      await harness.configure(provider('p', HOOK), annotated(alert('a', 'p'), { when }))
      await harness.send('kustomization-finished', { metadata: undefined })
      await harness.drain()
      expect(await harness.records()).toMatchObject([
        { outcome: 'skipped', reason: 'the condition of the Alert does not hold' },
      ])
    },
  )

  it('that costs too much lets the event through, and says so', async () => {
    const nested = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
    const all = (body: string, name: string) => `${nested}.all(${name}, ${body})`
    const costly = ['a', 'b', 'c', 'd', 'e', 'f'].reduceRight(
      (body, name) => all(body, name),
      'true',
    )
    expect(await decide({ onAlert: costly })).toMatchObject({
      outcome: 'delivered',
      notes: [expect.stringContaining('the evaluation costs too much (more than 100000 steps)')],
    })
  })

  it.each([
    ["event.reason = 'x'", /at line 1, column 14/],
    ["'a text'", /the expression gives string, and it must give a bool/],
    ['nothing', /undeclared reference|undefined|nothing/],
    [' ', /expected a CEL condition such as/],
    ['x'.repeat(8_193), /expected at most 8192 characters/],
  ])(
    '%s makes its object not ready, and its deliveries wait for the mended one',
    async (when, said) => {
      const harness = createHarness()
      const hook = provider('p', HOOK)
      const set = [hook, annotated(alert('a', 'p'), { when })]
      const judged = await reconcile('local', set, 0, harness.ports.secrets)
      expect(judged.objects[0]).toMatchObject({
        kind: 'Alert',
        ready: false,
        reason: 'ValidationFailed',
      })
      expect(judged.objects[0]?.message).toMatch(/^metadata\.annotations\.flux-relay\.io\/when: /)
      expect(judged.objects[0]?.message).toMatch(said)

      await harness.configure(...set)
      await harness.send('kustomization-finished')
      await harness.drain()
      const [waiting] = await harness.records()
      expect(waiting).toMatchObject({ outcome: 'retry' })
      expect(waiting?.reason).toContain('a rule of the Alert is not valid: metadata.annotations.')
      await harness.configure(hook, annotated(alert('a', 'p'), { when: 'true' }))
      await harness.drainNext()
      expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    },
  )

  it('of a Provider that is not valid holds back what its Alerts take', async () => {
    expect(await decide({ onProvider: '1 +' })).toMatchObject({
      outcome: 'retry',
      reason: expect.stringContaining('a rule of the Provider flux-system/p is not valid'),
    })
  })

  it('holds back nothing that the lists hold back already', async () => {
    const harness = createHarness()
    const lists = alert('a', 'p', { exclusionList: ['.'] })
    await harness.configure(provider('p', HOOK), annotated(lists, { when: '1 +' }))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'skipped' }])
  })
})

describe('an annotation of the relay that it does not know', () => {
  it.each([
    ['Alert', 'wen', '; did you mean flux-relay.io/when?'],
    ['Alert', 'When', '; did you mean flux-relay.io/when?'],
    ['Provider', 'api-ulr', '; did you mean flux-relay.io/api-url?'],
    ['Alert', 'api-url', ''],
    ['Alert', 'something', ''],
  ])('on an %s, such as %s, makes the object not ready', async (kind, name, advice) => {
    const harness = createHarness()
    const object = kind === 'Alert' ? alert('a', 'p') : provider('p', HOOK)
    const set = [
      annotated(object, { [name]: 'x' }),
      ...(kind === 'Alert' ? [provider('p', HOOK)] : []),
    ]
    const { objects } = await reconcile('local', set, 0, harness.ports.secrets)
    expect(objects.find((readiness) => readiness.kind === kind)).toMatchObject({
      ready: false,
      reason: 'ValidationFailed',
      message: `metadata.annotations.flux-relay.io/${name}: there is no such annotation${advice}`,
    })
  })

  it.each([
    ['generic', 'jetstream', 'annotation flux-relay.io/jetstream is ignored by generic'],
    ['nats', 'jetstream', undefined],
    ['nats', 'tls-first', undefined],
    ['nats', 'api-url', 'annotation flux-relay.io/api-url is ignored by nats'],
  ])('is told from a setting: %s and %s', async (type, name, warning) => {
    const harness = createHarness()
    const nats = { type, address: 'nats://nats.example', channel: 'flux' }
    const set = [annotated(provider('p', type === 'nats' ? nats : HOOK), { [name]: 'true' })]
    const { objects } = await reconcile('local', set, 0, harness.ports.secrets)
    const message = ['Initialized', ...(warning === undefined ? [] : [warning])].join('; ')
    expect(objects).toMatchObject([{ ready: true, message }])
  })
})
