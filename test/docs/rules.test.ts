import { describe, expect, it } from 'vitest'
import { readProjectFile } from '../../docs/generate/project.ts'
import { compileCondition } from '../../relay/cel/condition.ts'
import { RULE_ANNOTATIONS } from '../../relay/model/rule-annotations.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { provider } from '../support/relay-harness.ts'
import { conditionExamples, ruleExamples } from './rule-examples.ts'

const NO_SECRETS = { read: async () => undefined }
const SLACK = provider('slack', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

describe('docs/rules.md', () => {
  it('lists every rule, and what it goes on', () => {
    const rows = [
      ...readProjectFile('docs/rules.md').matchAll(/^\| `flux-relay\.io\/(\S+)` \| ([^|]+) \|/gm),
    ]
    expect(rows.map(([, name, kinds]) => [name, kinds])).toEqual(
      Object.entries(RULE_ANNOTATIONS).map(([name, kinds]) => [name, kinds.join(', ')]),
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
      const providers = ruleExamples()
        .map((example) => example.object)
        .filter(({ kind, metadata }) => kind === 'Provider' && metadata !== object.metadata)
      const { objects } = await reconcile('local', [SLACK, ...providers, object], 0, NO_SECRETS)
      expect(new Set(objects.map(({ ready, message }) => `${ready} ${message}`))).toEqual(
        new Set(['true Initialized']),
      )
    },
  )

  it.each(conditionExamples())('has the condition %j, which compiles', (source) => {
    expect(() => compileCondition(source)).not.toThrow()
  })
})
