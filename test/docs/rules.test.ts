import { describe, expect, it } from 'vitest'
import { readProjectFile } from '../../docs/generate/project.ts'
import { compileCondition } from '../../relay/cel/condition.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { RULE_ANNOTATIONS } from '../../relay/model/rule-annotations.ts'
import { storedSecret } from '../../relay/model/secret.ts'
import { reconcile, reconcileFleet } from '../../relay/pipeline/reconcile.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import { settingAnnotations } from '../../relay/providers/registry.ts'
import { provider } from '../support/relay-harness.ts'
import { conditionExamples, ruleExamples } from './rule-examples.ts'

const NO_SECRETS = { read: async () => undefined }
const SLACK = provider('slack', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

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
