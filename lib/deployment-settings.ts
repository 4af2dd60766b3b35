import { z } from 'zod'
import { parseAwsDestination } from '../relay/model/aws-destination.ts'
import {
  DEFAULT_RATE_LIMIT_INTERVAL,
  parseRateLimitIntervalMs,
  RATE_LIMIT_INTERVAL_FORM,
} from '../relay/model/rate-limit-interval.ts'
import { ALARM_NAMES } from './alarm-names.ts'
import { arn, flag, proxy, resourceName, threshold, wholeNumber } from './setting-forms.ts'

/** The key of the settings in the context of cdk.json. */
export const SETTINGS_KEY = 'flux-relay'

/** What CloudWatch Logs can keep logs for, in days. */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const

const DOMAIN = 'expected the name of a host in lower case, such as relay.example.com'

const NAMES = 'expected an object of names, such as { "ledgerTable": "flux-relay-ledger" }'

/** Each setting by itself, without what they must be together. */
export const SettingFields = z.strictObject({
  /** Part of every name, so that an account can hold several relays. */
  stageName: z
    .string()
    .regex(/^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/, {
      error: 'expected 1 to 20 of a-z, 0-9 and -, a letter first and no - last',
    })
    .default('prod'),
  /** Days that the ledger's records and the logs are kept. */
  retentionDays: z
    .literal(LOG_RETENTION_DAYS, { error: `expected one of ${LOG_RETENTION_DAYS.join(', ')}` })
    .default(30),
  /** Gets a mail for each alarm, once it has confirmed the subscription. */
  alarmEmail: z.email({ error: 'expected an e-mail address' }).optional(),
  /** An existing SNS topic for the alarms. */
  alarmTopicArn: arn(
    'sns',
    /[\w-]{1,256}/,
    'the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME',
  ).optional(),
  /** Alarms that sound above another threshold than their own, or never (`false`), by name. */
  alarms: z
    .partialRecord(z.enum(ALARM_NAMES), threshold(), {
      error: 'expected an object of alarms, such as { "SilentClusters": false }',
    })
    .default({}),
  /** Deliveries leave from the private subnets of this VPC. */
  vpcId: z
    .string()
    .regex(/^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, {
      error: 'expected the id of a VPC, vpc- and 8 or 17 of 0-9 and a-f',
    })
    .optional(),
  /** Whether a Provider may name a private address. */
  allowPrivateAddresses: flag(),
  /** The proxy for deliveries to `http://` addresses, where the Provider names none. */
  httpProxy: proxy().optional(),
  /** The same for `https://` addresses. */
  httpsProxy: proxy().optional(),
  /** Where no proxy is used: names, addresses and networks with commas between them. */
  noProxy: z
    .string({ error: 'expected text, such as .example.com,10.0.0.0/8' })
    .regex(/^[\x21-\x7e ]{0,1024}$/, { error: 'expected at most 1,024 characters of ASCII' })
    .optional(),
  logLevel: z
    .enum(['DEBUG', 'INFO', 'WARN', 'ERROR'], { error: 'expected DEBUG, INFO, WARN or ERROR' })
    .default('INFO'),
  /** Whether X-Ray traces the functions. */
  tracing: flag(),
  /** Whether the functions count by cluster too, which is up to eight metrics a cluster. */
  clusterMetrics: flag(),
  /** Whether the ledger keeps what is done in a form that commit 591c4aa cannot read. */
  compactRecords: flag(true),
  /** MiB of the dispatch function, which has its share of the processor by it. */
  dispatchMemory: wholeNumber(512, 10_240).default(512),
  /** Calls of ingest at once, taken from the account's; by default it shares those of the account. */
  ingestConcurrency: wholeNumber(1, 10_000).optional(),
  /**
   * Whether ingest has an address of its own on the internet too, which costs nothing by itself and has
   * neither an access log nor a throttle (ADR 0051).
   */
  publicIngestUrl: flag(),
  /** Requests a second that the API takes from all clusters together. */
  apiRequestsPerSecond: wholeNumber(1, 10_000).optional(),
  /** Requests that the API takes at once. */
  apiBurst: wholeNumber(1, 10_000).optional(),
  /** The key of one's own that the relay's secrets are encrypted with. */
  secretsKeyArn: arn(
    'kms',
    /key\/[\w-]{1,128}/,
    'the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID',
  ).optional(),
  /** The host name of the API. */
  domainName: z
    .string({ error: DOMAIN })
    .regex(/^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, {
      error: DOMAIN,
    })
    .optional(),
  /** The certificate for it, in the region of the deployment. */
  certificateArn: arn(
    'acm',
    /certificate\/[\w-]{1,128}/,
    'the ARN of a certificate, arn:aws:acm:REGION:ACCOUNT:certificate/ID',
  ).optional(),
  /** Names of tables and queues, to adopt those of an earlier deployment; CloudFormation chooses others. */
  names: z
    .strictObject(
      {
        configTable: resourceName().optional(),
        stateTable: resourceName().optional(),
        ledgerTable: resourceName().optional(),
        eventsQueue: resourceName({ isFifo: true }).optional(),
        eventsDeadLetters: resourceName({ isFifo: true }).optional(),
        retriesQueue: resourceName().optional(),
        retriesDeadLetters: resourceName().optional(),
      },
      { error: NAMES },
    )
    .default({}),
  /** Whether the tables, and the stack that has them, are protected from deletion. */
  deletionProtection: flag(),
  /** Dispatch functions at work at once, for each of the two queues. */
  maximumConcurrency: wholeNumber(2, 1_000).default(20),
  /** Whether an Alert takes events of its own namespace only, as Flux's option of that name. */
  noCrossNamespaceRefs: flag(),
  /** How long a repeat is not told again: a Go duration, as in notification-controller. */
  rateLimitInterval: z
    .string({ error: `expected ${RATE_LIMIT_INTERVAL_FORM}` })
    .refine((text) => parseRateLimitIntervalMs(text) !== undefined, {
      error: `expected ${RATE_LIMIT_INTERVAL_FORM}`,
    })
    .default(DEFAULT_RATE_LIMIT_INTERVAL),
  /** Whether the dashboard's table of deliveries offers a replay. */
  replayButton: flag(),
  /** Whether clusters may be bound to identities at other clouds. */
  cloudIdentities: flag(),
  /** Topics, queues and event buses that dispatch may send to, for the clusters that are bound to them. */
  awsDestinations: z
    .array(
      z.string().refine((text) => parseAwsDestination(text) !== undefined, {
        error: 'expected the ARN of a topic, a queue or an event bus',
      }),
      { error: 'expected a list of ARNs' },
    )
    .max(100, { error: 'expected at most 100 ARNs' })
    .default([]),
})

/** The names of all settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(SettingFields.shape)

/** The settings of a deployment: the object `flux-relay` in the context of cdk.json. */
export const DeploymentSettings = SettingFields.superRefine((settings, context) => {
  if (settings.alarmEmail !== undefined && settings.alarmTopicArn !== undefined) {
    contradiction(context, 'alarmTopicArn', 'not together with alarmEmail: set one of them')
  }
  if (settings.allowPrivateAddresses && settings.vpcId === undefined) {
    contradiction(context, 'allowPrivateAddresses', 'true needs vpcId: only a VPC reaches them')
  }
  if ((settings.domainName === undefined) !== (settings.certificateArn === undefined)) {
    const [missing, set] =
      settings.domainName === undefined
        ? (['domainName', 'certificateArn'] as const)
        : (['certificateArn', 'domainName'] as const)
    contradiction(context, set, `needs ${missing}: set both, or neither`)
  }
  if ((settings.apiRequestsPerSecond === undefined) !== (settings.apiBurst === undefined)) {
    const message = 'only together with apiBurst: set both, or neither'
    contradiction(context, 'apiRequestsPerSecond', message)
  }
  if (settings.publicIngestUrl && settings.apiRequestsPerSecond !== undefined) {
    const message = 'true leaves requests past apiRequestsPerSecond: set one of them'
    contradiction(context, 'publicIngestUrl', message)
  }
  refuseSharedNames(context, settings.names)
}).readonly()
export type DeploymentSettings = z.infer<typeof DeploymentSettings>

/** Whether dispatch reads what identities clusters are bound to. */
export function bindsClusters({
  cloudIdentities,
  awsDestinations,
}: Pick<DeploymentSettings, 'cloudIdentities' | 'awsDestinations'>): boolean {
  return cloudIdentities || awsDestinations.length > 0
}

/** What a deployment does wrong in its settings. The message names each setting and what is allowed. */
export class DeploymentSettingsError extends Error {
  override readonly name = 'DeploymentSettingsError'
}

/** The settings with their defaults. Throws `DeploymentSettingsError` for all that is wrong at once. */
export function parseDeploymentSettings(context: unknown): DeploymentSettings {
  const parsed = DeploymentSettings.safeParse(context ?? {})
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `  ${describe(issue)}`)
  throw new DeploymentSettingsError(`"${SETTINGS_KEY}" in cdk.json:\n${lines.join('\n')}`)
}

/** A table may have the name of a queue, but no two tables have one. */
function refuseSharedNames(
  context: z.RefinementCtx,
  names: Readonly<Record<string, string | undefined>>,
): void {
  const owners = new Map<string, string>()
  for (const [setting, name] of Object.entries(names)) {
    if (name === undefined) continue
    const key = `${setting.endsWith('Table') ? 'table' : 'queue'} ${name}`
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, setting)
    else {
      const message = `the same as names.${owner}: give each a name of its own`
      context.addIssue({ code: 'custom', path: ['names', setting], message })
    }
  }
}

function contradiction(
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
  name: keyof typeof SettingFields.shape,
  message: string,
): void {
  context.addIssue({ code: 'custom', path: [name], message })
}

function describe(issue: z.core.$ZodIssue): string {
  const name = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.join(', ')
    if (name === 'alarms') {
      return `alarms: ${unknown}: no such alarm; there are ${ALARM_NAMES.join(', ')}`
    }
    if (name === 'names') return `names: ${unknown}: no such table or queue`
    return `${unknown}: no such setting; there are ${SETTING_NAMES.join(', ')}`
  }
  return name === '' ? 'expected an object of settings' : `${name}: ${issue.message}`
}
