import {
  CfnCondition,
  CfnParameter,
  DefaultStackSynthesizer,
  Fn,
  type ICfnConditionExpression,
  Stack,
  Token,
} from 'aws-cdk-lib'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ALARM_NAMES, ALARM_THRESHOLDS, type AlarmName } from '../alarm-names.ts'
import type { DeploymentSettings } from '../deployment-settings.ts'
import type { FunctionName } from '../function-names.ts'
import { addObservability } from '../stacks/observability-stack.ts'
import { addRelay } from '../stacks/relay-stack.ts'
import type { Json } from './merge-templates.ts'
import {
  alarmParameter,
  onlyIf,
  SETTING_PARAMETERS,
  type SettingParameter,
  thresholdParameter,
} from './parameters.ts'

export interface PackagedStackProps {
  /** The name of each function's archive. */
  readonly archives: Readonly<Record<FunctionName, string>>
  /** What of everything is chosen otherwise. */
  readonly without?: SettingChoice
}

/** Some settings; undefined for one that is not set. */
export type SettingChoice = {
  readonly [name in keyof DeploymentSettings]?: DeploymentSettings[name] | undefined
}

/** Stands for the subnets in a list of one, which no construct takes as a parameter. */
export const SUBNETS = 'subnets-of-the-parameter'

/** Stand for names of FIFO queues, whose end CDK wants to see. */
const EVENTS_QUEUE = 'events-of-the-parameter.fifo'
const EVENTS_DEAD_LETTERS = 'events-dead-letters-of-the-parameter.fifo'

/** What takes the place of texts that constructs take for values of parameters. */
export const PLACEHOLDERS: ReadonlyMap<string, Json> = new Map([
  [EVENTS_QUEUE, ifGiven('WithEventsQueueName', 'EventsQueueName')],
  [EVENTS_DEAD_LETTERS, ifGiven('WithEventsDeadLettersName', 'EventsDeadLettersName')],
])

function ifGiven(condition: string, parameter: string): Json {
  return { 'Fn::If': [condition, { Ref: parameter }, { Ref: 'AWS::NoValue' }] }
}

/** Conditions that hold where a parameter is not empty. */
const GIVEN = {
  WithAlarmEmail: 'AlarmEmail',
  WithVpc: 'VpcId',
  WithHttpProxy: 'HttpProxy',
  WithHttpsProxy: 'HttpsProxy',
  WithNoProxy: 'NoProxy',
  WithIngestConcurrency: 'IngestConcurrency',
  WithApiRequestsPerSecond: 'ApiRequestsPerSecond',
  WithApiBurst: 'ApiBurst',
  WithSecretsKey: 'SecretsKeyArn',
  WithDomain: 'DomainName',
  WithConfigTableName: 'ConfigTableName',
  WithStateTableName: 'StateTableName',
  WithLedgerTableName: 'LedgerTableName',
  WithEventsQueueName: 'EventsQueueName',
  WithEventsDeadLettersName: 'EventsDeadLettersName',
  WithRetriesQueueName: 'RetriesQueueName',
  WithRetriesDeadLettersName: 'RetriesDeadLettersName',
} as const satisfies Readonly<Record<string, SettingParameter>>

type Given = keyof typeof GIVEN

/** Conditions that hold where a parameter has this value. */
const EQUAL = {
  WithOwnAlarmTopic: ['ExistingAlarmTopicArn', ''],
  WithPrivateAddresses: ['AllowPrivateAddresses', 'true'],
  WithDebugLog: ['LogLevel', 'DEBUG'],
  WithTracing: ['Tracing', 'true'],
  WithClusterMetrics: ['ClusterMetrics', 'true'],
  WithCompactRecords: ['CompactRecords', 'true'],
  WithDeletionProtection: ['DeletionProtection', 'true'],
  WithNoCrossNamespaceRefs: ['NoCrossNamespaceRefs', 'true'],
  WithReplayButton: ['ReplayButton', 'true'],
  WithCloudIdentities: ['CloudIdentities', 'true'],
} as const satisfies Readonly<Record<string, readonly [SettingParameter, string]>>

/** The condition of an alarm that is not off. */
export function alarmCondition(name: AlarmName): string {
  return `With${alarmParameter(name)}`
}

/** The relay with its dashboard and alarms as one stack, whose settings are parameters. */
export class PackagedStack extends Stack {
  readonly #parameters = new Map<string, CfnParameter>()
  readonly #conditions = new Map<string, CfnCondition>()

  constructor(scope: Construct, id: string, props: PackagedStackProps) {
    super(scope, id, {
      description: 'flux-relay: delivers the events of Flux clusters',
      analyticsReporting: false,
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
    })
    const bucket = new CfnParameter(this, 'CodeBucket', {
      description: 'Bucket of this region with the archives of the functions',
    })
    const prefix = new CfnParameter(this, 'CodeKeyPrefix', {
      description: 'What the keys of the archives begin with, such as flux-relay/',
      default: '',
    })
    this.#createParameters()
    const archives = Bucket.fromBucketName(this, 'Code', bucket.valueAsString)
    const settings = chosen(this.#settings(), props.without)
    const relay = addRelay(this, {
      settings,
      code: (name) =>
        Code.fromBucket(archives, Fn.join('', [prefix.valueAsString, props.archives[name]])),
      vpcById: (vpcScope, vpcId): IVpc =>
        Vpc.fromVpcAttributes(vpcScope, 'Vpc', {
          vpcId,
          availabilityZones: ['any'],
          privateSubnetIds: [SUBNETS],
        }),
    })
    addObservability(this, { settings, relay })
  }

  #createParameters(): void {
    for (const [name, parameter] of Object.entries(SETTING_PARAMETERS)) {
      this.#parameters.set(name, new CfnParameter(this, name, parameter))
    }
    for (const [name, parameter] of Object.entries(GIVEN)) {
      this.#condition(name, Fn.conditionNot(Fn.conditionEquals(this.#text(parameter), '')))
    }
    for (const [name, [parameter, value]] of Object.entries(EQUAL)) {
      this.#condition(name, Fn.conditionEquals(this.#text(parameter), value))
    }
    for (const name of ALARM_NAMES) {
      const id = alarmParameter(name)
      const parameter = new CfnParameter(this, id, thresholdParameter(name, ALARM_THRESHOLDS[name]))
      this.#parameters.set(id, parameter)
      const isOff = Fn.conditionEquals(parameter.valueAsString, 'off')
      this.#condition(alarmCondition(name), Fn.conditionNot(isOff))
    }
  }

  #condition(name: string, expression: ICfnConditionExpression): void {
    this.#conditions.set(name, new CfnCondition(this, name, { expression }))
  }

  #parameter(name: string): CfnParameter {
    const parameter = this.#parameters.get(name)
    if (parameter === undefined) throw new Error(`there is no parameter ${name}`)
    return parameter
  }

  #text(name: SettingParameter): string {
    return this.#parameter(name).value.toString()
  }

  #number(name: string): number {
    return Token.asNumber(this.#parameter(name).value)
  }

  /** The parameter's value, or no property at all. */
  #given(condition: Given) {
    const known = this.#conditions.get(condition)
    if (known === undefined) throw new Error(`there is no condition ${condition}`)
    return onlyIf(known, this.#text(GIVEN[condition]))
  }

  #givenText(condition: Given): string {
    return this.#given(condition).toString()
  }

  #givenNumber(condition: Given): number {
    return Token.asNumber(this.#given(condition))
  }

  /** Everything that can be chosen, and all else as parameters. */
  #settings(): DeploymentSettings {
    const alarms = ALARM_NAMES.map((name) => [name, this.#number(alarmParameter(name))] as const)
    return {
      stageName: this.#text('StageName'),
      // A token stands for each number that the parameter allows.
      retentionDays: this.#number('RetentionDays') as DeploymentSettings['retentionDays'],
      alarmEmail: this.#text('AlarmEmail'),
      alarms: Object.fromEntries(alarms),
      vpcId: this.#text('VpcId'),
      allowPrivateAddresses: true,
      httpProxy: this.#givenText('WithHttpProxy'),
      httpsProxy: this.#givenText('WithHttpsProxy'),
      noProxy: this.#givenText('WithNoProxy'),
      logLevel: 'DEBUG',
      tracing: true,
      clusterMetrics: true,
      compactRecords: true,
      dispatchMemory: this.#number('DispatchMemory'),
      ingestConcurrency: this.#givenNumber('WithIngestConcurrency'),
      publicIngestUrl: false,
      apiRequestsPerSecond: this.#givenNumber('WithApiRequestsPerSecond'),
      apiBurst: this.#givenNumber('WithApiBurst'),
      secretsKeyArn: this.#text('SecretsKeyArn'),
      domainName: this.#text('DomainName'),
      certificateArn: this.#text('CertificateArn'),
      names: {
        configTable: this.#givenText('WithConfigTableName'),
        stateTable: this.#givenText('WithStateTableName'),
        ledgerTable: this.#givenText('WithLedgerTableName'),
        eventsQueue: EVENTS_QUEUE,
        eventsDeadLetters: EVENTS_DEAD_LETTERS,
        retriesQueue: this.#givenText('WithRetriesQueueName'),
        retriesDeadLetters: this.#givenText('WithRetriesDeadLettersName'),
      },
      deletionProtection: true,
      maximumConcurrency: this.#number('MaximumConcurrency'),
      noCrossNamespaceRefs: true,
      rateLimitInterval: this.#text('RateLimitInterval'),
      replayButton: true,
      cloudIdentities: true,
      awsDestinations: [],
    }
  }
}

/** The settings with what is chosen otherwise; what is undefined there is not set. */
function chosen(settings: DeploymentSettings, without: SettingChoice = {}): DeploymentSettings {
  const entries = Object.entries({ ...settings, ...without })
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined),
  ) as DeploymentSettings
}
