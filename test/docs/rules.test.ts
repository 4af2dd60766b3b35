import { describe, expect, it } from 'vitest'
import { readProjectFile } from '../../docs/generate/project.ts'
import { compileCondition } from '../../relay/cel/condition.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { RULE_ANNOTATIONS } from '../../relay/model/rule-annotations.ts'
import { storedSecret } from '../../relay/model/secret.ts'
import { reconcile, reconcileFleet } from '../../relay/pipeline/reconcile.ts'
import { compileRules, misfits } from '../../relay/pipeline/rules/rules.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import { providerTypes, settingAnnotations } from '../../relay/providers/registry.ts'
import { provider } from '../support/relay-harness.ts'
import { conditionExamples, ruleExamples } from './rule-examples.ts'

const NO_SECRETS = { read: async () => undefined }
const SLACK = provider('slack', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

const FAMILIES: ReadonlySet<string> = new Set(
  [...providerTypes.values()].map(({ family }) => family),
)
const TITLED = ['pagerduty', 'opsgenie', 'incident.io', 'datadog', 'grafana', 'sns']
const LINKED = ['githubdeployment', 'pagerduty', 'incident.io', 'alertmanager']

/** Whether an example is of the set of the fleet. */
function isOfFleet({ metadata }: KubernetesObject): boolean {
  return 'flux-relay.io/allow-clusters' in Object(Object(metadata).annotations)
}

const FLEET_SECRETS = { read: async () => storedSecret({ token: 'xoxb-1' }) }

describe('docs/rules.md', () => {
  it('lists every rule, and what it goes on', () => {
    const rows = [
      ...readProjectFile('docs/rules.md').matchAll(/^\| `flux-relay\.io\/(\S+)` \| ([^|]+) \| /gm),
    ]
    expect(rows.map(([, name, kinds]) => [name, kinds])).toEqual(
      Object.entries(RULE_ANNOTATIONS).map(([name, kinds]) => [name, kinds.join(', ')]),
    )
  })

  it('lists every other annotation that a type of Provider reads', () => {
    const rows = readProjectFile('docs/rules.md').matchAll(
      /^\| `flux-relay\.io\/(\S+)` \| [^|]+ \|$/gm,
    )
    expect([...rows].map(([, name = '']) => name).toSorted()).toEqual(
      [...settingAnnotations].toSorted(),
    )
  })

  it('has an example of every rule', () => {
    const used = ruleExamples().flatMap(({ object }) =>
      Object.keys((object.metadata as { annotations: object }).annotations),
    )
    expect(new Set(used)).toEqual(
      new Set(Object.keys(RULE_ANNOTATIONS).map((name) => `flux-relay.io/${name}`)),
    )
  })

  // What the page says of each in a sentence: families, and types besides.
  it.each([
    ['only', 'failures', ['chat'], []],
    ['remind', '4h', ['chat'], []],
    ['group-by', "'all'", ['chat'], []],
    ['after', '10m', ['chat', 'incident'], []],
    ['text', 'x', [...FAMILIES], []],
    ['fields', 'a: b', ['chat', 'incident', 'stream', 'change-request'], []],
    ['title', 'x', ['chat', 'change-request'], TITLED],
    ['link', 'https://example.com/', ['chat', 'change-request', 'commit-status'], LINKED],
    ['incident-key', 'cluster', [], ['pagerduty', 'opsgenie', 'incident.io', 'alertmanager']],
    ['incident-labels', 'a: b', [], ['alertmanager']],
  ])('says which types take %s', (name, value, families, types) => {
    const rules = compileRules('Provider', {
      [name]: value,
      ...(name === 'group-by' && { 'group-wait': '30s' }),
    })
    const takes = [...providerTypes.values()].filter((type) => misfits(rules, type).length === 0)
    const said = [...providerTypes.values()].filter(
      ({ type, family }) => families.includes(family) || types.includes(type),
    )
    expect(takes.map(({ type }) => type)).toEqual(said.map(({ type }) => type))
  })

  it.each(ruleExamples().map(({ object }) => [object.metadata, object] as const))(
    'has the example %j, which takes effect',
    async (_, object) => {
      const examples = ruleExamples().map((example) => example.object)
      const own = examples.filter(({ kind }) => kind === 'Provider')
      const fleet = await reconcileFleet(examples.filter(isOfFleet), 0, FLEET_SECRETS)
      const manifests = [...new Set([SLACK, ...own.filter((it) => !isOfFleet(it)), object])]
      const { objects } = isOfFleet(object)
        ? fleet
        : await reconcile('prod-eu-1', manifests, 0, NO_SECRETS, noPause, {
            fleet: async () => fleet,
          })
      expect(new Set(objects.map(({ ready, message }) => `${ready} ${message}`))).toEqual(
        new Set(['true Initialized']),
      )
    },
  )

  it.each(conditionExamples())('has the condition %j, which compiles', (source) => {
    expect(() => compileCondition(source)).not.toThrow()
  })
})
