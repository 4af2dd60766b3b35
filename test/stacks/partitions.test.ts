import { Match, type Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { synthIn } from './synth.ts'

/** What a condition of the template, or what is made of one, comes to in the partition. */
function evaluate(template: Template, value: unknown, partition: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { 'Fn::If': choice, 'Fn::Join': joined } = value as {
    readonly 'Fn::If'?: readonly [string, unknown, unknown]
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]]
  }
  if (joined !== undefined) {
    return joined[1].map((part) => evaluate(template, part, partition)).join(joined[0])
  }
  if (choice === undefined) return (value as { readonly Ref?: string }).Ref
  const [id, yes, no] = choice
  const [left, right] = template.toJSON().Conditions[id]['Fn::Equals']
  expect(left).toEqual({ Ref: 'AWS::Partition' })
  return evaluate(template, right === partition ? yes : no, partition)
}

describe.each([
  ['aws', 'eu-central-1', 'console.aws.amazon.com', 'Allow'],
  ['aws-us-gov', 'us-gov-west-1', 'console.amazonaws-us-gov.com', 'Allow'],
  ['aws-cn', 'cn-north-1', 'console.amazonaws.cn', 'AWS::NoValue'],
])('in the partition %s', (partition, region, console, recursiveLoop) => {
  const { relayTemplate, observabilityTemplate } = synthIn({ account: '111122223333', region })

  it('dispatch may feed itself where Lambda would notice', () => {
    const [dispatch] = Object.values(
      relayTemplate.findResources('AWS::Lambda::Function', {
        Properties: { FunctionName: 'flux-relay-prod-dispatch' },
      }),
    )
    const { RecursiveLoop } = dispatch?.Properties ?? {}
    expect(evaluate(relayTemplate, RecursiveLoop, partition)).toBe(recursiveLoop)
  })

  it('what reads the queues has no tags', () => {
    relayTemplate.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      Tags: Match.absent(),
    })
  })

  it('links lead to its console', () => {
    const { Value } = observabilityTemplate.findOutputs('DashboardUrl').DashboardUrl ?? {}
    expect(evaluate(observabilityTemplate, Value, partition)).toBe(
      `https://${console}/cloudwatch/home?region=${region}#dashboards/dashboard/flux-relay-prod`,
    )
  })

  it('no name is that of another', () => {
    for (const template of [relayTemplate, observabilityTemplate]) {
      const named = JSON.stringify(template.toJSON()).match(/\barn:aws[\w-]*:|amazonaws\.com\.cn/g)
      expect(new Set(named ?? [])).toEqual(new Set(named === null ? [] : [`arn:${partition}:`]))
    }
  })
})
