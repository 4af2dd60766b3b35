import { existsSync, readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import cdkJson from '../../cdk.json' with { type: 'json' }
import { ALARM_NAMES, ALARM_THRESHOLDS } from '../../lib/alarm-names.ts'
import { SETTING_NAMES } from '../../lib/deployment-settings.ts'
import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts'
import { type Json, type JsonObject, mergeTemplates } from '../../lib/package/merge-templates.ts'
import { packagedTemplate } from '../../lib/package/packaged-template.ts'
import { alarmParameter, NO_PARAMETERS, SETTING_PARAMETERS } from '../../lib/package/parameters.ts'
import { zip } from '../../lib/package/zip.ts'
import { synth, VPC_ID } from './synth.ts'

const archives = Object.fromEntries(
  FUNCTION_NAMES.map((name) => [name, `${name}-0123.zip`]),
) as Record<FunctionName, string>

const template = packagedTemplate(archives, cdkJson.context)

type Parameters = Readonly<Record<string, string>>

/** What CloudFormation makes of the template with these parameters: conditions and values in place. */
function deployed(given: Parameters = {}) {
  const { Parameters: declared, Conditions: conditions, Resources, Outputs } = template
  const parameters: Record<string, Json> = { 'AWS::Partition': 'aws' }
  for (const [name, parameter] of Object.entries(declared as JsonObject)) {
    parameters[name] = given[name] ?? (parameter as JsonObject).Default ?? `the ${name}`
  }
  const holds = (name: string): boolean => judge((conditions as JsonObject)[name] as JsonObject)
  const judge = (condition: JsonObject): boolean => {
    const [[operator = '', operands] = []] = Object.entries(condition)
    const list = operands as JsonObject[]
    if (operator === 'Condition') return holds(String(operands))
    if (operator === 'Fn::Equals') return String(resolve(list[0])) === String(resolve(list[1]))
    if (operator === 'Fn::Not') return !judge(list[0] as JsonObject)
    if (operator === 'Fn::And') return list.every(judge)
    return list.some(judge)
  }
  const isNothing = (value: Json | undefined) => value === undefined
  const resolve = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map(resolve).filter((part) => !isNothing(part)) as Json
    if (typeof value !== 'object' || value === null) return value
    if ('Fn::If' in value) {
      const [condition, yes, no] = value['Fn::If'] as [string, Json, Json]
      return resolve(holds(condition) ? yes : no)
    }
    const { Ref } = value as JsonObject
    if (Ref === 'AWS::NoValue') return undefined
    if (typeof Ref === 'string' && Ref in parameters) return parameters[Ref]
    const parts = Object.entries(value).map(([name, part]) => [name, resolve(part)])
    return Object.fromEntries(parts.filter(([, part]) => !isNothing(part as Json)))
  }
  const partsOf = (section: Json | undefined) =>
    Object.fromEntries(
      Object.entries(section as JsonObject).flatMap(([id, part]) => {
        const { Condition, ...rest } = part as JsonObject
        if (Condition !== undefined && !holds(String(Condition))) return []
        return [[id, resolve(rest) as JsonObject]]
      }),
    )
  return { resources: partsOf(Resources), outputs: partsOf(Outputs) }
}

/** How many resources of each type there are. */
function typesOf(resources: Readonly<Record<string, unknown>>) {
  const types: Record<string, number> = {}
  for (const resource of Object.values(resources)) {
    const { Type } = resource as { Type: string }
    types[Type] = (types[Type] ?? 0) + 1
  }
  return types
}

function resourcesOf(settings: Readonly<Record<string, unknown>>) {
  const { relayTemplate, observabilityTemplate } = synth(settings)
  return { ...relayTemplate.toJSON().Resources, ...observabilityTemplate.toJSON().Resources }
}

const find = (resources: ReturnType<typeof deployed>['resources'], id: string) =>
  JSON.stringify(Object.entries(resources).filter(([key]) => key.startsWith(id)))

describe('the packaged template', () => {
  it.each([
    ['the defaults', {}, {}],
    ['an alarm address', { AlarmEmail: 'ops@example.com' }, { alarmEmail: 'ops@example.com' }],
    [
      'a topic',
      { ExistingAlarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:x' },
      { alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:x' },
    ],
    ['a VPC', { VpcId: VPC_ID, VpcSubnetIds: 'subnet-1' }, { vpcId: VPC_ID }],
    ['tracing', { Tracing: 'true' }, { tracing: true }],
    ['a replay button', { ReplayButton: 'true' }, { replayButton: true }],
    ['identities', { CloudIdentities: 'true' }, { cloudIdentities: true }],
    [
      'a domain',
      { DomainName: 'relay.example.com', CertificateArn: 'arn:aws:acm:eu-central-1:1:x' },
      {
        domainName: 'relay.example.com',
        certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0123',
      },
    ],
    ['an alarm less', { AlarmOldestOpen: 'off' }, { alarms: { OldestOpen: false } }],
  ])('with %s has the resources of the stacks', (_, parameters, settings) => {
    expect(typesOf(deployed(parameters).resources)).toEqual(typesOf(resourcesOf(settings)))
  })

  it('needs no bootstrap and no asset of CDK', () => {
    expect(JSON.stringify(template)).not.toMatch(/BootstrapVersion|cdk-hnb659fds|CDKMetadata/)
    const { resources } = deployed({ CodeBucket: 'artifacts', CodeKeyPrefix: 'flux-relay/' })
    const code = Object.values(resources).flatMap((resource) => {
      const { Type, Properties } = resource as { Type: string; Properties: JsonObject }
      return Type === 'AWS::Lambda::Function' ? [Properties.Code] : []
    })
    expect(code).toHaveLength(FUNCTION_NAMES.length)
    for (const name of FUNCTION_NAMES) {
      expect(code).toContainEqual({
        S3Bucket: 'artifacts',
        S3Key: { 'Fn::Join': ['', ['flux-relay/', archives[name]]] },
      })
    }
  })

  it('names no type of resource that CloudFormation lacks in GovCloud', () => {
    const types = Object.values(template.Resources as JsonObject).map(
      (it) => (it as JsonObject).Type,
    )
    expect(types).not.toContain('AWS::Lambda::Url')
  })

  it('has a parameter for each setting', () => {
    const names = Object.keys(SETTING_PARAMETERS).map((name) => name.toLowerCase())
    const missing = SETTING_NAMES.filter((name) => !names.includes(name.toLowerCase()))
    expect(missing.toSorted()).toEqual(Object.keys(NO_PARAMETERS).toSorted())
    const parameters = template.Parameters as JsonObject
    for (const name of ALARM_NAMES) {
      expect(parameters[alarmParameter(name)]).toMatchObject({
        Default: `${ALARM_THRESHOLDS[name]}`,
      })
    }
    expect(Object.keys(parameters).length).toBeLessThanOrEqual(200)
  })

  it.each([
    ['Tables', { LedgerTableName: 'mine' }, '"TableName":"mine"'],
    ['Queues', { EventsQueueName: 'mine.fifo' }, '"QueueName":"mine.fifo"'],
    ['Tables', { DeletionProtection: 'true' }, '"DeletionProtectionEnabled":true'],
    ['FunctionsDispatch', { HttpProxy: 'http://proxy:3128' }, '"HTTP_PROXY":"http://proxy:3128"'],
    ['FunctionsDispatch', { RateLimitInterval: '90s' }, '"RATE_LIMIT_INTERVAL":"90s"'],
    ['FunctionsDispatch', { DispatchMemory: '2048' }, '"MemorySize":"2048"'],
    ['FunctionsDispatch', { LogLevel: 'WARN' }, '"POWERTOOLS_LOG_LEVEL":"WARN"'],
    ['FunctionsDispatch', { VpcId: 'vpc-1', VpcSubnetIds: 's-1' }, '"SubnetIds":"s-1"'],
    ['FunctionsDispatch', { AllowPrivateAddresses: 'true' }, '"ALLOW_PRIVATE_ADDRESSES":"true"'],
    ['FunctionsIngest', { IngestConcurrency: '50' }, '"ReservedConcurrentExecutions":"50"'],
    ['FunctionsIngest', { RetentionDays: '90' }, '"RetentionInDays":"90"'],
    ['FunctionsIngest', { SecretsKeyArn: 'arn:key' }, '"kms:Decrypt"'],
    ['HttpApi', { ApiRequestsPerSecond: '100', ApiBurst: '7' }, '"ThrottlingBurstLimit":"7"'],
    ['AlarmsOldestOpen', { AlarmOldestOpen: '600' }, '"Threshold":"600"'],
  ])('sets in %s what %j says', (id, parameters, expected) => {
    expect(find(deployed(parameters).resources, id)).toContain(expected)
    expect(find(deployed().resources, id)).not.toContain(expected)
  })

  it('has the outputs that the command line needs', () => {
    const named = Object.keys(deployed().outputs)
    expect(named).toEqual(
      expect.arrayContaining(['ApiUrl', 'SecretPrefix', 'ConfigTable', 'RetriesQueueUrl']),
    )
    const optional = /^ApiDomainTarget|^DispatchRoleArn|^IngestUrl/
    expect(named.filter((name) => optional.test(name))).toEqual([])
  })

  it('refuses settings that contradict each other', () => {
    const rules = Object.values(template.Rules as JsonObject).map((rule) => JSON.stringify(rule))
    for (const [, expected] of [
      ['alarms', 'not together with AlarmEmail'],
      ['addresses', 'true needs VpcId'],
      ['domain', 'DomainName needs CertificateArn'],
      ['throttle', 'only together with ApiBurst'],
    ]) {
      expect(rules.filter((rule) => rule.includes(expected ?? ''))).toHaveLength(1)
    }
  })
})

describe('merging templates', () => {
  it('keeps what two choices need under both', () => {
    const merged = mergeTemplates(
      { Resources: { A: { Type: 'T' }, B: { Type: 'T', Properties: { list: ['x', 'y'] } } } },
      [
        {
          condition: 'One',
          template: { Resources: { B: { Type: 'T', Properties: { list: ['x'] } } } },
        },
        { condition: 'Two', template: { Resources: { B: { Type: 'T', Properties: {} } } } },
      ],
      (conditions) => conditions.join('And'),
    )
    const nothing = { Ref: 'AWS::NoValue' }
    expect(merged).toEqual({
      Resources: {
        A: { Condition: 'OneAndTwo', Type: 'T' },
        B: {
          Type: 'T',
          Properties: {
            list: {
              'Fn::If': ['Two', { 'Fn::If': ['One', ['x', 'y'], ['x']] }, nothing],
            },
          },
        },
      },
    })
  })

  it('refuses what is only there without a choice', () => {
    const merge = () =>
      mergeTemplates(
        { Resources: {} },
        [{ condition: 'One', template: { Resources: { A: { Type: 'T' } } } }],
        () => '',
      )
    expect(merge).toThrow('only without One: A')
  })
})

describe('an archive', () => {
  it('holds its files, and is the same for the same ones', () => {
    const content = Buffer.from('export const handler = () => 0\n'.repeat(100))
    const archive = zip([
      { name: 'index.mjs', content },
      { name: 'b.txt', content: Buffer.from('b') },
    ])
    expect(
      zip([
        { name: 'index.mjs', content },
        { name: 'b.txt', content: Buffer.from('b') },
      ]),
    ).toEqual(archive)
    const central = archive.readUInt32LE(archive.length - 6)
    expect(archive.readUInt16LE(archive.length - 12)).toBe(2)
    expect(archive.readUInt32LE(central)).toBe(0x0201_4b50)
    const [size, at] = [archive.readUInt32LE(central + 20), archive.readUInt32LE(central + 42)]
    const begin = at + 30 + archive.readUInt16LE(at + 26)
    expect(inflateRawSync(archive.subarray(begin, begin + size))).toEqual(content)
  })
})

describe('the Terraform module', () => {
  it('gives the template what it has no default for', () => {
    const main = new URL('../../deploy/terraform/main.tf', import.meta.url)
    expect(existsSync(main)).toBe(true)
    const text = readFileSync(main, 'utf8')
    const needed = Object.entries(template.Parameters as JsonObject)
      .filter(([, parameter]) => !('Default' in (parameter as JsonObject)))
      .map(([name]) => name)
    expect(needed).toEqual(['CodeBucket'])
    for (const name of needed) expect(text).toMatch(new RegExp(`^ +${name} += `, 'm'))
  })

  it('deletes what a failed update goes back to only after the stack is updated', () => {
    const main = new URL('../../deploy/terraform/main.tf', import.meta.url)
    const objects = readFileSync(main, 'utf8').split(/^(?=resource )/m)
    const uploads = objects.filter((text) => text.startsWith('resource "aws_s3_object"'))
    expect(uploads).toHaveLength(2)
    for (const upload of uploads) {
      expect(upload).toMatch(/^ {2}lifecycle \{\n {4}create_before_destroy = true\n {2}\}$/m)
    }
  })
})
