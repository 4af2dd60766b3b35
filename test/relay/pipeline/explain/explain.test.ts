import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { namespacedName } from '../../../../relay/model/kubernetes.ts'
import type { AcceptedEvent } from '../../../../relay/model/queue-messages.ts'
import { type ExplainOptions, explainEvent } from '../../../../relay/pipeline/explain/explain.ts'
import { match } from '../../../../relay/pipeline/match.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { compileRoutingTable } from '../../../../relay/pipeline/routing-table.ts'
import { acceptedEvent, event } from '../../../support/delivery-records.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'
import { alert, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const hook = provider('hook', { type: 'generic', address: 'https://a.test/hook' })

async function rulesOf(manifests: readonly KubernetesObject[], ports = memoryPorts()) {
  const snapshot = await reconcile('local', manifests, 0, ports.secrets)
  return { snapshot, table: compileRoutingTable(snapshot) }
}

async function explained(
  manifests: readonly KubernetesObject[],
  accepted: AcceptedEvent = acceptedEvent(),
  options: Partial<ExplainOptions> = {},
  ports = memoryPorts(),
) {
  const rules = await rulesOf(manifests, ports)
  return explainEvent(ports, rules, accepted, { noCrossNamespaceRefs: false, ...options })
}

const source = (changes: Record<string, unknown>) => ({
  eventSources: [{ kind: 'Kustomization', name: '*', ...changes }],
})

describe('explaining an event', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['kind', source({ kind: 'HelmRelease' }), 'skipped', /is for HelmRelease, and not for Kust/],
    ['namespace', source({ namespace: 'apps' }), 'skipped', /in namespace apps, and not in flux-s/],
    ['name', source({ name: 'web' }), 'skipped', /is for Kustomization web$/],
    ['severity', { eventSeverity: 'error' }, 'skipped', /takes errors only, and this is sev/],
    ['labels', source({ matchLabels: { team: 'web' } }), 'skipped', /did not send the labels/],
    ['suspend', { suspend: true }, 'skipped', /^Alert suspended$/],
    ['inclusionList', { inclusionList: ['^only$'] }, 'skipped', /^no pattern of inclusionList/],
    [
      'exclusionList',
      { exclusionList: ['other', 'finish'] },
      'skipped',
      /^excluded by exclusionList\[1\] \/finish\/$/,
    ],
    ['provider', { providerRef: { name: 'none' } }, 'retry', /Provider flux-system\/none does not/],
    ['provider-suspend', { providerRef: { name: 'off' } }, 'skipped', /^Provider suspended$/],
    ['type', { providerRef: { name: 'comments' } }, 'skipped', /takes events with .*change_reque/],
    ['provider', { providerRef: { name: 'odd' } }, 'dead', /unknown type pigeon/],
    [
      'provider',
      { providerRef: { name: 'locked' } },
      'retry',
      /Secret flux-system\/no is not known/,
    ],
    ['provider', { providerRef: { name: 'wrong' } }, 'dead', /^Provider flux-system\/wrong: /],
    ['invalid', { eventSeverity: 'loud' }, 'skipped', /is not valid: spec\.eventSeverity/],
  ])('names the rule %s that says no', async (rule, spec, outcome, reason) => {
    const providers = [
      hook,
      provider('off', { type: 'generic', address: 'https://a.test', suspend: true }),
      provider('odd', { type: 'pigeon' }),
      provider('locked', { type: 'slack', secretRef: { name: 'no' } }),
      provider('wrong', { type: 'slack', address: 'nowhere' }),
      provider('comments', { type: 'githubpullrequestcomment', address: 'https://github.com/a/b' }),
    ]
    const verdicts = await explained([...providers, alert('one', 'hook', spec)])
    expect(verdicts).toEqual([expect.objectContaining({ rule, outcome, requests: [] })])
    expect(verdicts[0]?.reason).toMatch(reason)
  })

  it('names the rule to which an Alert of several sources came furthest', async () => {
    const eventSources = [
      { kind: 'HelmRelease', name: '*' },
      { kind: 'Kustomization', name: 'podinfo', matchLabels: { team: 'web' } },
      { kind: 'Kustomization', name: 'web' },
    ]
    const labelled = acceptedEvent({ objectLabels: { team: 'api' } })
    const [verdict] = await explained([hook, alert('one', 'hook', { eventSources })], labelled)
    expect(verdict).toMatchObject({ rule: 'labels', outcome: 'skipped' })
    expect(verdict?.reason).toBe('the Alert wants the label team=web, is for Kustomization web')
  })

  it('shows the requests of those that take it, the same bytes each time', async () => {
    const manifests = [hook, alert('one', 'hook', { eventMetadata: { region: 'eu' } })]
    const [verdict] = await explained(manifests)
    expect(verdict).toMatchObject({
      alert: { namespace: 'flux-system', name: 'one' },
      provider: { namespace: 'flux-system', name: 'hook', type: 'generic' },
      outcome: 'delivered',
      notes: [],
      requests: [{ method: 'POST', url: 'https://a.test/***' }],
    })
    expect(JSON.parse(verdict?.requests[0]?.body ?? '')).toMatchObject({
      message: 'Reconciliation finished',
      metadata: { region: 'eu', revision: 'main@sha1:3f2c9a1' },
    })
    const later = memoryPorts()
    later.clock.advance(3_600_000)
    expect(await explained(manifests, acceptedEvent(), {}, later)).toEqual([verdict])
  })

  it('says that one message may tell of the event and of others', async () => {
    const slack = provider('slack', {
      type: 'slack',
      address: 'https://hooks.slack.com/services/x',
    })
    const rules = { 'group-by': 'event.reason', 'group-wait': '30s' }
    const [verdict] = await explained([slack, annotated(alert('one', 'slack'), rules)])
    expect(verdict).toMatchObject({
      outcome: 'delivered',
      notes: [
        'one message tells of it and of others with the same group-by: 30 s after the last, 300 s after the first at most',
      ],
    })
  })

  it('takes a Secret that is elsewhere for granted, when it is told so', async () => {
    const manifests = [
      provider('chat', { type: 'slack', secretRef: { name: 'chat' } }),
      alert('one', 'chat'),
    ]
    const [verdict] = await explained(manifests, acceptedEvent(), { mayLackSecrets: true })
    expect(verdict).toMatchObject({ outcome: 'delivered', requests: [] })
    expect(verdict?.notes[0]).toMatch(
      /^the requests are not shown: Secret flux-system\/chat is not/,
    )
  })

  it.each<[string, Record<string, unknown>]>([
    ['kind', source({ kind: 'HelmRelease' })],
    ['name', source({ name: 'web' })],
    ['severity', { eventSeverity: 'error' }],
    ['suspend', { suspend: true }],
    ['exclusionList', { exclusionList: ['finish'] }],
  ])('takes a Provider that is elsewhere for granted, and not what %s says', async (rule, spec) => {
    const leading = (name: string, changes: Record<string, unknown>) =>
      annotated(alert(name, 'none', changes), { provider: 'platform/slack' })
    const manifests = [leading('one', spec), leading('two', {})]
    const verdicts = await explained(manifests, acceptedEvent(), { mayLackSecrets: true })
    expect(verdicts).toMatchObject([{ outcome: 'skipped', rule }, { outcome: 'delivered' }])
  })

  it('says that a condition is not tested whose Provider is elsewhere', async () => {
    const rules = { provider: 'platform/slack', when: 'provider.spec.type == "slack"' }
    const manifests = [annotated(alert('one', 'none'), rules)]
    const [verdict] = await explained(manifests, acceptedEvent(), { mayLackSecrets: true })
    expect(verdict).toMatchObject({
      outcome: 'delivered',
      notes: [
        'whether the condition of the Alert holds is not known',
        'the requests are not shown: Provider platform/slack does not exist or is not valid',
      ],
    })
  })

  it('needs no right to read Secrets, when it is told so, and fails else', async () => {
    const manifests = [
      provider('chat', { type: 'slack', secretRef: { name: 'chat' } }),
      alert('one', 'chat'),
    ]
    const rules = await rulesOf(manifests)
    const ports = memoryPorts()
    ports.secrets.failure = new Error('AccessDenied')
    const ask = (mayLackRights: boolean) =>
      explainEvent(ports, rules, acceptedEvent(), {
        noCrossNamespaceRefs: false,
        mayLackRights,
      })
    await expect(ask(false)).rejects.toThrow('AccessDenied')
    const [verdict] = await ask(true)
    expect(verdict).toMatchObject({ outcome: 'delivered', requests: [] })
    expect(verdict?.notes[0]).toMatch(/^the requests are not shown: its Secrets cannot be read/)
  })

  it('shows a message of NATS and a mail without credentials, and the first request of a comment', async () => {
    const ports = memoryPorts()
    ports.secrets.put('local', 'flux-system', 's', {
      username: 'bot',
      password: 'hunter22',
      token: 'ghp_0123456789',
    })
    const manifests = [
      provider('bus', {
        type: 'nats',
        address: 'nats://bus.test:4222',
        channel: 'flux.events',
        secretRef: { name: 's' },
      }),
      provider('pr', {
        type: 'githubpullrequestcomment',
        address: 'https://github.com/acme/fleet',
        secretRef: { name: 's' },
      }),
      provider('mail', {
        type: 'email',
        address: 'smtps://smtp.test',
        username: 'Flux <flux@example.com>',
        channel: 'ops@example.com,dev@example.com',
        secretRef: { name: 's' },
      }),
      alert('bus', 'bus'),
      alert('pr', 'pr'),
      alert('the-mail', 'mail'),
    ]
    const about = event()
    const metadata = { ...about.metadata, 'event.toolkit.fluxcd.io/change_request': '7' }
    const verdicts = await explained(
      manifests,
      acceptedEvent({ event: { ...about, metadata } }),
      {},
      ports,
    )
    expect(verdicts.map(({ requests }) => requests.map(({ body, ...rest }) => rest))).toEqual([
      [{ method: 'PUBLISH', url: 'nats://bus.test:4222', headers: {}, subject: 'flux.events' }],
      [expect.objectContaining({ method: 'GET', headers: {} })],
      [
        {
          method: 'MAIL',
          url: 'smtps://smtp.test:465',
          headers: { from: 'flux@example.com', to: 'ops@example.com, dev@example.com' },
          subject: expect.stringMatching(/^\[local\] kustomization\//),
        },
      ],
    ])
    expect(verdicts[2]?.requests[0]?.body).toContain(about.message)
    expect(verdicts[1]?.notes).toEqual([expect.stringMatching(/depends on the answers of/)])
    expect(JSON.stringify(verdicts)).not.toMatch(/hunter22|ghp_/)
  })
})

it('says of a type with a memory that it may send more', async () => {
  const manifests = [
    provider('am', { type: 'alertmanager', address: 'https://am.test/api/v2/alerts' }),
    alert('am', 'am'),
  ]
  const [verdict] = await explained(manifests, acceptedEvent())
  expect(verdict?.notes).toEqual(['alertmanager: what earlier events left to do is sent beside'])
})

describe('an explanation and the match of dispatch', () => {
  const labels = fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('x', 'y'), {
    maxKeys: 2,
  })
  const anySource = fc.record({
    kind: fc.constantFrom('Kustomization', 'HelmRelease'),
    name: fc.constantFrom('*', 'podinfo', 'web'),
    namespace: fc.option(fc.constantFrom('flux-system', 'apps'), { nil: undefined }),
    matchLabels: labels,
  })
  const patterns = fc.array(fc.constantFrom('finished', '^no', 'Recon.*', '('), { maxLength: 2 })
  const spec = fc.record({
    providerRef: fc.record({ name: fc.constantFrom('hook', 'off', 'none', 'odd', 'status') }),
    eventSeverity: fc.constantFrom('info', 'error'),
    eventSources: fc.array(anySource, { minLength: 1, maxLength: 3 }),
    inclusionList: patterns,
    exclusionList: patterns,
    suspend: fc.boolean(),
  })
  const anyEvent = fc.record({
    kind: fc.constantFrom('Kustomization', 'HelmRelease'),
    name: fc.constantFrom('podinfo', 'web'),
    namespace: fc.constantFrom('flux-system', 'apps'),
    severity: fc.constantFrom('info', 'error', 'trace'),
    message: fc.constantFrom('Reconciliation finished', 'no such thing'),
    objectLabels: fc.option(labels, { nil: undefined }),
  })
  const providers = [
    hook,
    provider('off', { type: 'generic', address: 'https://a.test', suspend: true }),
    provider('odd', { type: 'pigeon' }),
    provider('status', { type: 'gitlab', address: 'https://gitlab.test/a/b' }),
  ]

  it('agree, whatever the Alerts and the event are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(spec, { maxLength: 8 }),
        anyEvent,
        fc.boolean(),
        async (specs, { severity, message, objectLabels, ...object }, noCrossNamespaceRefs) => {
          const alerts = specs.map((each, index) => alert(`a-${index}`, 'hook', each))
          const rules = await rulesOf([...providers, ...alerts])
          const base = event()
          const involvedObject = { ...base.involvedObject, ...object }
          const accepted = acceptedEvent({
            event: { ...base, severity, message, involvedObject },
            objectLabels,
          })
          const options = { noCrossNamespaceRefs, mayLackSecrets: true }
          const verdicts = await explainEvent(memoryPorts(), rules, accepted, options)
          expect(verdicts.map((verdict) => namespacedName(verdict.alert))).toEqual(
            alerts.map(({ metadata }) => namespacedName(metadata)),
          )
          const { candidates } = match(accepted, rules.table, options)
          for (const candidate of candidates) {
            const name = candidate.alert.metadata.name
            const verdict = verdicts.find((each) => each.alert.name === name)
            const rule = candidate.kind === 'matched' ? undefined : candidate.rule
            // A commit-status type looks at the merged event too.
            if (rule !== undefined) expect(verdict).toMatchObject({ rule })
            else expect(['provider', 'type', undefined]).toContain(verdict?.rule)
          }
          const matched = new Set([...candidates].map((each) => each.alert.metadata.name))
          for (const verdict of verdicts) {
            if (matched.has(verdict.alert.name)) continue
            expect(['kind', 'namespace', 'severity', 'name', 'labels']).toContain(verdict.rule)
          }
        },
      ),
    )
  })
})
