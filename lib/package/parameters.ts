import { type CfnCondition, type CfnParameterProps, Fn } from 'aws-cdk-lib'
import { RATE_LIMIT_INTERVAL_FORM } from '../../relay/model/rate-limit-interval.ts'
import type { AlarmName } from '../alarm-names.ts'
import {
  type DeploymentSettings,
  LOG_RETENTION_DAYS,
  parseDeploymentSettings,
} from '../deployment-settings.ts'

/** What a parameter of the packaged template is, beside its name. */
export type Parameter = Readonly<CfnParameterProps>

/** A setting that is text, or a number, with what a person has to know of it. */
function text(description: string, pattern: string, fallback = ''): Parameter {
  const ConstraintDescription = `expected ${pattern}`
  return {
    type: 'String',
    description,
    default: fallback,
    allowedPattern: pattern,
    constraintDescription: ConstraintDescription,
  }
}

function flag(description: string, fallback: boolean): Parameter {
  const allowedValues = ['true', 'false']
  return { type: 'String', description, default: String(fallback), allowedValues }
}

function number(description: string, minValue: number, maxValue: number, fallback: number) {
  return { type: 'Number', description, default: fallback, minValue, maxValue }
}

/** A number, or nothing. */
function optionalNumber(description: string): Parameter {
  return text(description, '^([1-9][0-9]{0,4})?$')
}

function optionalName(what: string, isFifo = false): Parameter {
  const pattern = isFifo ? '^([A-Za-z0-9_-]{3,75}\\.fifo)?$' : '^([A-Za-z0-9_-]{3,80})?$'
  return text(`Name of ${what}, to adopt that of an earlier deployment`, pattern)
}

const PROXY = '^((https?|socks5)://[^@/]+/?)?$'

const DEFAULTS = parseDeploymentSettings(undefined)

/** The parameters that settings are, by their names in the template. */
export const SETTING_PARAMETERS = {
  StageName: text('Part of every name', '^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$', DEFAULTS.stageName),
  RetentionDays: {
    type: 'Number',
    description: 'Days that records and logs are kept',
    default: String(DEFAULTS.retentionDays),
    allowedValues: LOG_RETENTION_DAYS.map(String),
  },
  AlarmEmail: text('Gets a mail for each alarm', '^([^@ ]+@[^@ ]+)?$'),
  ExistingAlarmTopicArn: text('An existing SNS topic for the alarms', '^(arn:aws[a-z-]*:sns:.+)?$'),
  VpcId: text('Deliveries leave from this VPC', '^(vpc-[0-9a-f]+)?$'),
  VpcSubnetIds: {
    type: 'CommaDelimitedList',
    description: 'Private subnets of the VPC, with commas between them',
    default: '',
  },
  AllowPrivateAddresses: flag(
    'Whether a Provider may name a private address',
    DEFAULTS.allowPrivateAddresses,
  ),
  HttpProxy: text('Proxy for deliveries to http:// addresses', PROXY),
  HttpsProxy: text('Proxy for deliveries to https:// addresses', PROXY),
  NoProxy: text('Where no proxy is used', '^[!-~ ]{0,1024}$'),
  LogLevel: {
    type: 'String',
    description: 'Least severe level that the functions log',
    default: DEFAULTS.logLevel,
    allowedValues: ['DEBUG', 'INFO', 'WARN', 'ERROR'],
  },
  Tracing: flag('Whether X-Ray traces the functions', DEFAULTS.tracing),
  ClusterMetrics: flag('Whether the functions count by cluster too', DEFAULTS.clusterMetrics),
  CompactRecords: flag('Whether what is done is kept in a compact form', DEFAULTS.compactRecords),
  DispatchMemory: number('MiB of the dispatch function', 512, 10_240, DEFAULTS.dispatchMemory),
  IngestConcurrency: optionalNumber('Calls of ingest at once; empty: those of the account'),
  ApiRequestsPerSecond: optionalNumber('Requests a second that the API takes; empty: no bound'),
  ApiBurst: optionalNumber('Requests that the API takes at once; with ApiRequestsPerSecond'),
  SecretsKeyArn: text(
    "The key of one's own that the secrets are encrypted with",
    '^(arn:aws[a-z-]*:kms:.+:key/.+)?$',
  ),
  DomainName: text('The host name of the API', '^([a-z0-9.-]{1,253})?$'),
  CertificateArn: text('The certificate for DomainName', '^(arn:aws[a-z-]*:acm:.+)?$'),
  ConfigTableName: optionalName('the table of configurations'),
  StateTableName: optionalName('the table of states'),
  LedgerTableName: optionalName('the table of deliveries'),
  EventsQueueName: optionalName('the queue of events', true),
  EventsDeadLettersName: optionalName('its dead-letter queue', true),
  RetriesQueueName: optionalName('the queue of retries'),
  RetriesDeadLettersName: optionalName('its dead-letter queue'),
  DeletionProtection: flag('Whether the tables refuse to be deleted', DEFAULTS.deletionProtection),
  MaximumConcurrency: number(
    'Dispatch functions at work at once, for each queue',
    2,
    1_000,
    DEFAULTS.maximumConcurrency,
  ),
  NoCrossNamespaceRefs: flag(
    'Whether an Alert takes events of its own namespace only',
    DEFAULTS.noCrossNamespaceRefs,
  ),
  RateLimitInterval: {
    ...text(
      'How long a repeat is not told again, such as 5m',
      '^(0|([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+)$',
      DEFAULTS.rateLimitInterval,
    ),
    constraintDescription: `expected ${RATE_LIMIT_INTERVAL_FORM}`,
  },
  ReplayButton: flag("Whether the dashboard's table offers a replay", DEFAULTS.replayButton),
  CloudIdentities: flag(
    'Whether clusters may be bound to identities at other clouds',
    DEFAULTS.cloudIdentities,
  ),
} as const satisfies Readonly<Record<string, Parameter>>

export type SettingParameter = keyof typeof SETTING_PARAMETERS

/** The parameter of an alarm's threshold. */
export function alarmParameter(name: AlarmName): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `Alarm${words.join('')}`
}

/** A threshold, or `off`. */
export function thresholdParameter(name: AlarmName, threshold: number): Parameter {
  return text(
    `Threshold of the alarm ${name}, or off`,
    '^(off|[0-9]+([.][0-9]+)?)$',
    `${threshold}`,
  )
}

/** Settings whose parameters have other names, and why. */
export const NO_PARAMETERS: Readonly<Partial<Record<keyof DeploymentSettings, string>>> = {
  alarmTopicArn: 'it is ExistingAlarmTopicArn, since an output has that name',
  alarms: 'each alarm has a parameter of its own, such as AlarmOldestOpen',
  names: 'each name has a parameter of its own, such as LedgerTableName',
  awsDestinations:
    'a list of ARNs of several services is no parameter: attach a policy to the role DispatchRoleArn',
  publicIngestUrl:
    'CloudFormation in GovCloud refuses a template that names a function URL, whatever its condition',
}

/** A value that is there under a condition only. */
export function onlyIf(condition: CfnCondition, value: string) {
  return Fn.conditionIf(condition.logicalId, value, Fn.ref('AWS::NoValue'))
}
