import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createApp } from '../../lib/app.ts'
import { IS_FULL_SIZE } from '../support/full-size.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { appWith, removeOutput, synth, VPC_ID } from './synth.ts'

const ACCOUNT = {
  tracing: true,
  ingestConcurrency: 50,
  apiRequestsPerSecond: 100,
  apiBurst: 200,
  secretsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0123-4567',
  domainName: 'relay.example.com',
  certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0123-4567',
  names: { ledgerTable: 'old-ledger', eventsQueue: 'old-events.fifo' },
  deletionProtection: true,
}

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
    ['an account of its own ways', ACCOUNT],
    ['a URL of ingest', { publicIngestUrl: true, ingestConcurrency: 20 }],
    ['a VPC', { vpcId: VPC_ID, allowPrivateAddresses: true }],
  ])('finds nothing with %s', (_, settings) => {
    expect(findingsOf(synth(settings).app)).toEqual([])
  })

  it('finds what is wrong', () => {
    const app = new App()
    onTestFinished(() => removeOutput(app))
    new Queue(new Stack(app, 'Stack'), 'Queue')
    expect(findingsOf(app).map(([rule]) => rule)).toContain('AwsSolutions-SQS4')
  })
})

it('is made by cdk-nag at each synth of a deployment', () => {
  const { app, relay } = createApp({
    app: { analyticsReporting: false, builtinCloudFormationValidation: false },
    code: () => Code.fromInline('export const handler = () => 0'),
  })
  onTestFinished(() => removeOutput(app))
  new Queue(relay, 'Unencrypted')
  expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/)
})

// Its rules are compiled anew in each process, which takes as long as all the others: npm run test:full.
describe.runIf(IS_FULL_SIZE)('the check of CDK itself', () => {
  it('finds nothing with all that can be added', () => {
    const settings = {
      alarmEmail: 'ops@example.com',
      replayButton: true,
      cloudIdentities: true,
      vpcId: VPC_ID,
      allowPrivateAddresses: true,
      ...ACCOUNT,
    }
    // As in a deployment the code is a file in S3: test/functions/bundled.test.ts leaves the check to this.
    const codeFolder = temporaryDirectory()
    writeFileSync(join(codeFolder, 'index.mjs'), 'export const handler = () => 0')
    const { app } = appWith(settings, { codeFolder, validates: true })
    onTestFinished(() => removeOutput(app))
    expect(() => app.synth()).not.toThrow()
  }, 300_000)
})
