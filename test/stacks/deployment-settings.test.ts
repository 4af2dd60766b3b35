import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import cdkJson from '../../cdk.json' with { type: 'json' }
import { METRICS } from '../../functions/shared/metric-names.ts'
import { ALARM_NAMES } from '../../lib/alarm-names.ts'
import { createApp } from '../../lib/app.ts'
import {
  DeploymentSettingsError,
  parseDeploymentSettings,
  SETTING_NAMES,
  SETTINGS_KEY,
} from '../../lib/deployment-settings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { appWith, VPC_ID } from './synth.ts'

const CERTIFICATE = 'arn:aws:acm:eu-central-1:111122223333:certificate/0123-4567'

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:alarms'

/** The names in the first column of a table. */
function namesIn(table: string): readonly string[] {
  return [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(
    ([, names = '']) => names.match(/[\w-]+/g) ?? [],
  )
}

describe('settings', () => {
  it('have defaults, which cdk.json spells out', () => {
    const defaults = {
      stageName: 'prod',
      retentionDays: 30,
      alarms: {},
      tracing: false,
      clusterMetrics: false,
      compactRecords: true,
      dispatchMemory: 512,
      names: {},
      deletionProtection: false,
      allowPrivateAddresses: false,
      logLevel: 'INFO',
      maximumConcurrency: 20,
      noCrossNamespaceRefs: false,
      rateLimitInterval: '5m',
      replayButton: false,
      cloudIdentities: false,
      awsDestinations: [],
      publicIngestUrl: false,
    }
    expect(parseDeploymentSettings(undefined)).toEqual(defaults)
    expect(cdkJson.context['flux-relay']).toEqual(defaults)
  })

  it.each([
    ['an unknown one', { stage: 'prod' }, 'stage: no such setting; there are stageName, '],
    ['a stage name', { stageName: 'Prod' }, 'stageName: expected 1 to 20 of a-z, 0-9 and -'],
    ['a long stage name', { stageName: 'a'.repeat(21) }, 'stageName: expected 1 to 20'],
    ['a retention', { retentionDays: 31 }, 'retentionDays: expected one of 1, 3, 5, 7, 14, 30, '],
    ['an e-mail address', { alarmEmail: 'me' }, 'alarmEmail: expected an e-mail address'],
    ['a topic', { alarmTopicArn: 'alarms' }, 'alarmTopicArn: expected the ARN of a standard SNS'],
    ['a FIFO topic', { alarmTopicArn: `${TOPIC}.fifo` }, 'alarmTopicArn: expected the ARN of a st'],
    ['an unknown alarm', { alarms: { Dead: 3 } }, 'alarms: Dead: no such alarm; there are DeadDel'],
    [
      'an alarm that is on',
      { alarms: { OldestEvent: true } },
      'alarms.OldestEvent: expected false, or',
    ],
    [
      'a threshold',
      { alarms: { 'Errors-ingest': -1 } },
      'alarms.Errors-ingest: expected false, or the',
    ],
    ['a list of alarms', { alarms: ['OldestEvent'] }, 'alarms: expected an object of alarms'],
    [
      'too little memory',
      { dispatchMemory: 128 },
      'dispatchMemory: expected a whole number from 512',
    ],
    [
      'no concurrency',
      { ingestConcurrency: 0 },
      'ingestConcurrency: expected a whole number from 1',
    ],
    [
      'a throttle of nothing',
      { apiRequestsPerSecond: 0, apiBurst: 1 },
      'apiRequestsPerSecond: expected a whole number from 1 to 10000',
    ],
    [
      'a throttle that a URL goes past',
      { publicIngestUrl: true, apiRequestsPerSecond: 5, apiBurst: 5 },
      'publicIngestUrl: true leaves requests past apiRequestsPerSecond: set one of them',
    ],
    ['half a throttle', { apiBurst: 5 }, 'apiRequestsPerSecond: only together with apiBurst'],
    [
      'an alias of a key',
      { secretsKeyArn: 'alias/mine' },
      'secretsKeyArn: expected the ARN of a KMS',
    ],
    [
      'a domain without a certificate',
      { domainName: 'relay.example.com' },
      'domainName: needs certi',
    ],
    [
      'a certificate without a domain',
      { certificateArn: CERTIFICATE },
      'certificateArn: needs domai',
    ],
    [
      'a URL for a domain',
      { domainName: 'https://relay.example.com', certificateArn: CERTIFICATE },
      'domainName: expected the name of a host in lower case, such as relay.example.com',
    ],
    ['a name of nothing', { names: { ledger: 'mine' } }, 'names: ledger: no such table or queue'],
    ['a name', { names: { ledgerTable: 'mine!' } }, 'names.ledgerTable: expected 3 to 80 of'],
    ['a name of a FIFO queue', { names: { eventsQueue: 'events' } }, 'with .fifo at its end'],
    [
      'one name for two tables',
      { names: { stateTable: 'mine', ledgerTable: 'mine' } },
      'names.ledgerTable: the same as names.stateTable: give each a name of its own',
    ],
    [
      'one name for two queues',
      { names: { eventsQueue: 'a.fifo', retriesQueue: 'mine', eventsDeadLetters: 'a.fifo' } },
      'names.eventsDeadLetters: the same as names.eventsQueue',
    ],
    ['a name for all', { names: 'mine' }, 'names: expected an object of names'],
    ['a VPC', { vpcId: 'main' }, 'vpcId: expected the id of a VPC'],
    ['a log level', { logLevel: 'info' }, 'logLevel: expected DEBUG, INFO, WARN or ERROR'],
    ['no concurrency', { maximumConcurrency: 1 }, 'maximumConcurrency: expected a whole number'],
    [
      'a fraction',
      { maximumConcurrency: 2.5 },
      'maximumConcurrency: expected a whole number from 2',
    ],
    ['too much', { maximumConcurrency: 1_001 }, 'a whole number from 2 to 1000'],
    ['a text for a flag', { replayButton: 'true' }, 'replayButton: expected true or false'],
    [
      'a bucket to send to',
      { awsDestinations: ['arn:aws:s3:::bucket'] },
      'awsDestinations.0: expected the ARN of a topic, a queue or an event bus',
    ],
    ['a null for a flag', { cloudIdentities: null }, 'cloudIdentities: expected true or false'],
    ['a number for a flag', { noCrossNamespaceRefs: 1 }, 'noCrossNamespaceRefs: expected true or'],
    [
      'two ways to alarm',
      { alarmEmail: 'me@example.com', alarmTopicArn: TOPIC },
      'alarmTopicArn: not together with alarmEmail',
    ],
    [
      'private addresses without a VPC',
      { allowPrivateAddresses: true },
      'allowPrivateAddresses: true needs vpcId',
    ],
    ['a proxy that is none', { httpProxy: 'proxy:3128' }, 'httpProxy: expected an http://'],
    ['one of FTP', { httpsProxy: 'ftp://a.test' }, 'httpsProxy: expected an http://'],
    ['one with a password', { httpsProxy: 'http://u:hunter2@a.test' }, 'URL without credentials'],
    ['a list for a text', { noProxy: ['a.test'] }, 'noProxy: expected text'],
    ['no object', 'prod', 'expected an object of settings'],
  ])('refuse %s', (_, context, message) => {
    expect(() => parseDeploymentSettings(context)).toThrow(DeploymentSettingsError)
    expect(() => parseDeploymentSettings(context)).toThrow(message)
  })

  it.each(['5', '5min', '-5m', '24h1s', '', 'off', 300, null])(
    'refuse a rate limit interval of %j',
    (rateLimitInterval) => {
      const expected = 'rateLimitInterval: expected a time such as 5m, at most 24h, or 0 to send'
      expect(() => parseDeploymentSettings({ rateLimitInterval })).toThrow(expected)
    },
  )

  it('are documented, each one', () => {
    const page = readFileSync(new URL('../../docs/aws-settings.md', import.meta.url), 'utf8')
    const [settings = '', alarms = ''] = page.split('## Alarms\n')
    const rows = namesIn(settings)
    expect(rows).toEqual(SETTING_NAMES)
    const [table = ''] = alarms.split('\n## ')
    const named = namesIn(table)
    const kinds = ALARM_NAMES.map((name) => name.replace(/-.*/, '-FUNCTION'))
    expect(new Set(named)).toEqual(new Set(kinds))
  })

  it('have the metrics beside them, each one', () => {
    const page = readFileSync(new URL('../../docs/aws-settings.md', import.meta.url), 'utf8')
    const [, metrics = ''] = page.split('## Metrics\n')
    const [table = ''] = metrics.split('\n## ')
    expect(namesIn(table).toSorted()).toEqual(Object.values(METRICS).toSorted())
  })

  it('name all that is wrong', () => {
    const parse = () => parseDeploymentSettings({ stageName: '', logLevel: 'TRACE' })
    expect(parse).toThrow(/stageName: .*\n {2}logLevel: /)
  })

  it('with a VPC need an account to look it up in', () => {
    const context = { [SETTINGS_KEY]: { vpcId: VPC_ID } }
    const app = { context, outdir: temporaryDirectory() }
    expect(() => createApp({ app })).toThrow('vpcId: needs credentials of the account')
  })

  it.each([
    ['alarmTopicArn', { alarmTopicArn: TOPIC }],
    ['secretsKeyArn', { secretsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0123' }],
    ['certificateArn', { certificateArn: CERTIFICATE, domainName: 'relay.example.com' }],
  ])('with %s of another region are refused', (name, settings) => {
    const app = { context: { [SETTINGS_KEY]: settings }, outdir: temporaryDirectory() }
    const env = { account: '111122223333', region: 'us-east-1' }
    const expected = `${name}: is in eu-central-1, and the deployment in us-east-1`
    expect(() => createApp({ app, env })).toThrow(expected)
  })

  it('stop the synth', () => {
    const options = { outdir: temporaryDirectory(), validates: false }
    expect(() => appWith({ retention: 30 }, options)).toThrow(
      '"flux-relay" in cdk.json:\n  retention: no such',
    )
  })
})
