import { z } from 'zod'
import {
  EnvironmentVariableError,
  type ProxyRules,
  readProxyRules,
} from '../../adapters/http/proxy-rules.ts'
import {
  DEFAULT_RATE_LIMIT_INTERVAL,
  parseRateLimitIntervalMs,
  RATE_LIMIT_INTERVAL_FORM,
} from '../../relay/model/rate-limit-interval.ts'

const DAY_MS = 24 * 3_600_000

const Text = z.string({ error: 'is not set' }).min(1, 'is empty')

const QueueUrl = Text.regex(/^https?:\/\/[^/]+\/.*[^/]$/, 'expected the URL of a queue')

const Flag = z
  .enum(['true', 'false'], { error: 'expected true or false' })
  .default('false')
  .transform((text) => text === 'true')

const Variables = z.object({
  CONFIG_TABLE: Text,
  STATE_TABLE: Text,
  LEDGER_TABLE: Text,
  EVENTS_QUEUE_URL: QueueUrl,
  RETRIES_QUEUE_URL: QueueUrl,
  SECRET_PREFIX: Text,
  RETENTION_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'expected a whole number of days')
    .transform((text) => Number(text) * DAY_MS)
    .optional(),
  ALLOW_PRIVATE_ADDRESSES: Flag,
  NO_CROSS_NAMESPACE_REFS: Flag,
  RATE_LIMIT_INTERVAL: z
    .string()
    .default(DEFAULT_RATE_LIMIT_INTERVAL)
    .transform((text, context) => {
      const intervalMs = parseRateLimitIntervalMs(text)
      if (intervalMs !== undefined) return intervalMs
      context.addIssue({ code: 'custom', message: `expected ${RATE_LIMIT_INTERVAL_FORM}` })
      return z.NEVER
    }),
  REPLAY_BUTTON: Flag,
  CLOUD_IDENTITIES: Flag,
  CLUSTER_METRICS: Flag,
  COMPACT_RECORDS: z
    .enum(['true', 'false'], { error: 'expected true or false' })
    .default('true')
    .transform((text) => text === 'true'),
  POWERTOOLS_LOG_LEVEL: z
    .enum(['DEBUG', 'INFO', 'WARN', 'ERROR'], { error: 'expected DEBUG, INFO, WARN or ERROR' })
    .default('INFO'),
  POWERTOOLS_METRICS_NAMESPACE: Text.default('flux-relay'),
  /** The memory of the function in MiB. Lambda sets it. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'expected a whole number of MiB')
    .transform((text) => Number(text) * 1024 * 1024)
    .optional(),
  /**
   * The address of Lambda's runtime API, from which the function gets its invocations. Lambda sets
   * it.
   */
  AWS_LAMBDA_RUNTIME_API: Text.optional(),
})

/** The settings that a deployment passes to its functions. */
export interface Environment {
  readonly configTable: string
  readonly stateTable: string
  readonly ledgerTable: string
  readonly eventsQueueUrl: string
  readonly retriesQueueUrl: string
  readonly secretPrefix: string
  /** How long final records are kept, in milliseconds; absent: the ledger's default. */
  readonly retentionMs: number | undefined
  readonly allowPrivateAddresses: boolean
  readonly noCrossNamespaceRefs: boolean
  /** How long a repeat is suppressed, in milliseconds; 0 suppresses none. */
  readonly rateLimitIntervalMs: number
  /** Whether the dashboard's widget may replay deliveries. */
  readonly replayButton: boolean
  /** Whether clusters are bound to identities at other clouds. */
  readonly cloudIdentities: boolean
  /** Whether decisions are counted by cluster too. */
  readonly clusterMetrics: boolean
  /** Whether finished records are stored in a form that commit 591c4aa cannot read. */
  readonly compactRecords: boolean
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'
  readonly metricsNamespace: string
  /** How much memory the function may take, in bytes; undefined outside of Lambda. */
  readonly memoryBytes: number | undefined
  /** An address as `host:port` that no delivery may use. */
  readonly runtimeApi: string | undefined
  /** The proxies for Providers that name none. */
  readonly proxies: ProxyRules
}

/** The error for a function with a wrong environment. The message names each variable. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/** Reads a function's environment. Throws one `EnvironmentError` with everything that is wrong. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const parsed = Variables.safeParse(variables)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    throw new EnvironmentError(`environment: ${problems.join('; ')}`)
  }
  const { data } = parsed
  return {
    configTable: data.CONFIG_TABLE,
    stateTable: data.STATE_TABLE,
    ledgerTable: data.LEDGER_TABLE,
    eventsQueueUrl: data.EVENTS_QUEUE_URL,
    retriesQueueUrl: data.RETRIES_QUEUE_URL,
    secretPrefix: data.SECRET_PREFIX,
    retentionMs: data.RETENTION_DAYS,
    allowPrivateAddresses: data.ALLOW_PRIVATE_ADDRESSES,
    noCrossNamespaceRefs: data.NO_CROSS_NAMESPACE_REFS,
    rateLimitIntervalMs: data.RATE_LIMIT_INTERVAL,
    replayButton: data.REPLAY_BUTTON,
    cloudIdentities: data.CLOUD_IDENTITIES,
    clusterMetrics: data.CLUSTER_METRICS,
    compactRecords: data.COMPACT_RECORDS,
    logLevel: data.POWERTOOLS_LOG_LEVEL,
    metricsNamespace: data.POWERTOOLS_METRICS_NAMESPACE,
    memoryBytes: data.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    runtimeApi: data.AWS_LAMBDA_RUNTIME_API,
    proxies: proxyRules(variables),
  }
}

function proxyRules(variables: NodeJS.ProcessEnv): ProxyRules {
  try {
    return readProxyRules(variables)
  } catch (error) {
    if (!(error instanceof EnvironmentVariableError)) throw error
    throw new EnvironmentError(`environment: ${error.message}`)
  }
}
