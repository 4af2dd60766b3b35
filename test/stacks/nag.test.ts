import { App, Stack } from 'aws-cdk-lib'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { synth, VPC_ID } from './synth.ts'

function findingsOf(app: App) {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.map(({ ruleName, violatingResources }) => [
      ruleName,
      violatingResources.map(({ resourceLogicalId }) => resourceLogicalId),
    ])
}

describe('cdk-nag AwsSolutions', () => {
  it.each([
    ['the defaults', {}],
    ['an alarm address', { alarmEmail: 'ops@example.com' }],
    ['a topic', { alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms' }],
    ['a replay button', { replayButton: true }],
    ['identities at other clouds', { cloudIdentities: true }],
    ['a VPC', { vpcId: VPC_ID, allowPrivateAddresses: true }],
  ])('finds nothing with %s', (_, settings) => {
    expect(findingsOf(synth(settings).app)).toEqual([])
  })

  it('finds what is wrong', () => {
    const app = new App()
    new Queue(new Stack(app, 'Stack'), 'Queue')
    expect(findingsOf(app).map(([rule]) => rule)).toContain('AwsSolutions-SQS4')
  })
})
