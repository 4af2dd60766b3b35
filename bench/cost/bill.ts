import type { Tally } from './counts.ts'
import type { MeteredFunction, Usage } from './lambda.ts'
import { LOG_LINE_OVERHEAD_BYTES } from './lambda.ts'
import { MONTH_S, PRICES } from './prices.ts'

/** Lambda gives a function one processor at this memory, and less in proportion below. MiB. */
const MEMORY_OF_A_PROCESSOR = 1_769

/** What a call of DynamoDB, SQS or Secrets Manager takes in the region: assumed, not measured here. */
export const SERVICE_ROUND_MS = 5

/** Dollars by what they are paid for. */
export type Bill = Readonly<Record<string, number>>

/** What work came to, of one function. */
export interface FunctionUse {
  readonly usage: Usage
  readonly properties: MeteredFunction['properties']
}

/** What was asked of the API, and the form of its log of that. */
export interface ApiUse {
  readonly requests: number
  readonly accessLogFormat: string
}

/**
 * Milliseconds that Lambda bills for all of the calls: processor time, as slow as the function's share of
 * a processor makes it, and what it waits for.
 */
export function billedMs({ usage, properties }: FunctionUse): number {
  const slowness = Math.max(MEMORY_OF_A_PROCESSOR / memoryOf(properties), 1)
  return usage.cpuMs * slowness + usage.serviceRounds * SERVICE_ROUND_MS + usage.sinkMs
}

export function memoryOf(properties: FunctionUse['properties']): number {
  return Number(properties.MemorySize)
}

/** What functions and services cost for what was counted, by list prices. */
export function billOf(
  counts: Tally,
  functions: readonly FunctionUse[],
  { requests, accessLogFormat }: ApiUse,
  invocationsPerMonth: number,
): Bill {
  const sum = (of: (use: FunctionUse) => number) =>
    functions.reduce((total, use) => total + of(use), 0)
  const { lambdaRequest, lambdaGbSecond, logGigabyte } = PRICES
  return {
    'API Gateway': requests * PRICES.apiRequest,
    'Lambda calls': sum(({ usage }) => usage.invocations * lambdaRequest),
    'Lambda time': sum(
      (use) => ((billedMs(use) / 1_000) * memoryOf(use.properties) * lambdaGbSecond) / 1_024,
    ),
    SQS: counts.sqsRequests * PRICES.sqsRequest + counts.sqsFifoRequests * PRICES.sqsFifoRequest,
    'DynamoDB writes': counts.writeUnits * PRICES.dynamoDbWriteUnit,
    'DynamoDB reads': counts.readUnits * PRICES.dynamoDbReadUnit,
    'Secrets Manager calls': counts.secretsManagerRequests * PRICES.secretsManagerRequest,
    Logs: ((sum(logBytes) + requests * accessLogBytes(accessLogFormat)) / 1e9) * logGigabyte,
    'X-Ray': sum((use) => tracesOf(use, invocationsPerMonth) * PRICES.xRayTrace),
  }
}

export function total(bill: Bill): number {
  return Object.values(bill).reduce((sum, dollars) => sum + dollars, 0)
}

/** Values of the access log, of usual lengths; what is absent is a dash. */
const ACCESS_LOG_VALUES: Readonly<Record<string, string>> = {
  '$context.requestId': 'UZ4oGhEvIAMEJNw=',
  '$context.requestTime': '28/Nov/2026:22:37:31 +0000',
  '$context.identity.sourceIp': '203.0.113.117',
  '$context.httpMethod': 'POST',
  '$context.path': '/v1/clusters/production-eu/events',
  '$context.status': '202',
  '$context.responseLatency': '35',
  '$context.responseLength': '28',
}

/** Bytes of the line that the API writes about a request, in the form that the template gives it. */
export function accessLogBytes(format: string): number {
  const line = format.replace(/\$context\.[\w.]+/g, (name) => ACCESS_LOG_VALUES[name] ?? '-')
  return Buffer.byteLength(line) + LOG_LINE_OVERHEAD_BYTES
}

/** What the function wrote, and the lines of Lambda itself about each call. */
export function logBytes({ usage, properties }: FunctionUse): number {
  return usage.logBytes + usage.invocations * platformLogBytes(properties)
}

/** START, END and REPORT as text; in JSON those that the level of the system's log lets through. */
function platformLogBytes({ LoggingConfig, TracingConfig }: FunctionUse['properties']): number {
  const { LogFormat, SystemLogLevel = 'INFO' } = (LoggingConfig ?? {}) as {
    readonly LogFormat?: string
    readonly SystemLogLevel?: string
  }
  const traced = isTraced(TracingConfig) ? 98 : 0
  if (LogFormat !== 'JSON') return 68 + 50 + 150 + traced + 3 * LOG_LINE_OVERHEAD_BYTES
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
  return SystemLogLevel === 'WARN' ? 0 : 190 + 330 + traced + 2 * LOG_LINE_OVERHEAD_BYTES
}

function isTraced(config: unknown): boolean {
  return (config as { readonly Mode?: string } | undefined)?.Mode === 'Active'
}

/**
 * X-Ray records the first call of each second and 5 % of the others; calls come at random times.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
 */
function tracesOf({ usage, properties }: FunctionUse, invocationsPerMonth: number): number {
  if (!isTraced(properties.TracingConfig)) return 0
  const perSecond = invocationsPerMonth / MONTH_S
  const firsts = (1 - Math.exp(-perSecond)) / perSecond
  return usage.invocations * (firsts + (1 - firsts) * 0.05)
}
