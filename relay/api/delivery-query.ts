import { z } from 'zod'
import { ClusterName } from '../model/config.ts'
import type { ListedRecord } from '../model/delivery.ts'
import type { FieldError } from '../model/errors.ts'
import { OUTCOMES, type Outcome } from '../model/outcomes.ts'
import { parseTimeOrAgoMs, TIME_OR_AGO_FORM } from '../model/time.ts'
import type { LedgerFilter } from '../ports/ledger.ts'
import { type DeliveryMatch, isListedBy, isMatch, mayHaveFitted } from './delivery-match.ts'
import type { Problem } from './problem.ts'
import { badParameters, readParameters } from './query-parameters.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** The query of a list, read from a query string. */
export interface DeliveryQuery {
  readonly filter: LedgerFilter
  /** Which of the records that the ledger lists are shown. */
  readonly match: DeliveryMatch
  readonly limit: number
  /** The ledger's own cursor. */
  readonly cursor?: string | undefined
  /** The time from which `since=1h` counts back. On later pages it is that of the first page. */
  readonly asOf: number
}

const NamespacedName = z.string().regex(/^[^/]+\/[^/]+$/, 'expected namespace/name')
const ObjectName = z.string().regex(/^[^/]+\/[^/]+\/[^/]+$/, 'expected Kind/namespace/name')

/** One or several outcomes in one parameter. */
const Outcomes = z.string().transform((text, context): Outcome | readonly Outcome[] => {
  const outcomes = z.array(z.enum(OUTCOMES)).min(1).safeParse(text.split(','))
  if (outcomes.success) return outcomes.data.length === 1 ? (text as Outcome) : outcomes.data
  context.addIssue(`expected one of ${OUTCOMES.join(', ')}, or several with commas between them`)
  return z.NEVER
})

/** The id of a delivery, or its beginning. */
const DeliveryId = z
  .string()
  .regex(/^[\w-]{1,128}$/, 'expected the id of a delivery, or its beginning')

/** The id of an event, or its beginning. */
const EventId = z.string().regex(/^[\w-]{1,128}$/, 'expected the id of an event, or its beginning')

const Word = z.string().min(1, 'expected a text')

const Limit = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(MAX_LIMIT))
  .catch(0)
  .refine((limit) => limit > 0, { error: `expected a number from 1 to ${MAX_LIMIT}` })

/** The schema of the parameters of `GET /v1/deliveries`. Durations count back from `asOf`. */
function parametersAsOf(asOf: number) {
  const Time = z.string().transform((text, context) => {
    const time = parseTimeOrAgoMs(text, asOf)
    if (time !== undefined) return time
    context.addIssue(`expected ${TIME_OR_AGO_FORM}`)
    return z.NEVER
  })
  return z.object({
    cluster: ClusterName.optional(),
    alert: NamespacedName.optional(),
    provider: NamespacedName.optional(),
    object: ObjectName.optional(),
    outcome: Outcomes.optional(),
    id: DeliveryId.optional(),
    event: EventId.optional(),
    reason: Word.optional(),
    severity: Word.optional(),
    text: Word.optional(),
    since: Time.optional(),
    until: Time.optional(),
    limit: Limit.optional(),
    cursor: z.string().regex(PAGE_CURSOR, BAD_CURSOR.message).optional(),
  })
}

/** Reads the parameters of `GET /v1/deliveries`. An unknown, wrong or repeated one is a 400. */
export function readDeliveryQuery(
  parameters: Iterable<readonly [string, string]>,
  now: number,
  notOffered: readonly string[] = [],
): { readonly query: DeliveryQuery } | { readonly problem: Problem } {
  const given = [...parameters]
  const cursor = splitCursor(given.find(([name]) => name === 'cursor')?.[1] ?? '')
  const asOf = cursor?.asOf ?? now
  const parsed = readParameters(parametersAsOf(asOf), given, notOffered)
  if ('problem' in parsed) return parsed
  const { limit, cursor: _, reason, severity, text, ...filter } = parsed.data
  return {
    query: {
      filter,
      match: { reason, severity, text },
      limit: limit ?? DEFAULT_LIMIT,
      cursor: cursor?.ledgerCursor,
      asOf,
    },
  }
}

/** The parameters that a stream does not have. */
const OF_PAGES = ['limit', 'cursor'] as const

/** The parameters that a list of events does not have. */
const OF_DELIVERIES = ['id', 'outcome'] as const

/** What a stream of deliveries tells of. */
export interface StreamQuery {
  wants(record: ListedRecord): boolean
  /** Whether it may have told of a record that it does not want since this changed. */
  mayHaveTold(record: ListedRecord): boolean
  /** The same for all streams that tell of the same records. */
  readonly key: string
}

/**
 * Reads the parameters of a stream of deliveries: those of a list, without its pages. What is wrong is a 400.
 * Durations count back from `now`.
 */
export function readStreamQuery(
  parameters: Iterable<readonly [string, string]>,
  now: number,
): StreamQuery | { readonly problem: Problem } {
  const given = [...parameters]
  const refused = refuse(given, OF_PAGES, 'is of a list; a stream has no pages')
  const read = refused ?? readDeliveryQuery(given, now, OF_PAGES)
  if ('problem' in read) return read
  const { filter, match } = read.query
  return {
    wants: (record) => isListedBy(record, filter) && isMatch(record, match),
    mayHaveTold: (record) => mayHaveFitted(record, filter, match),
    key: JSON.stringify([filter, match]),
  }
}

/** Reads the parameters of `GET /v1/events`. What is wrong is a 400. */
export function readEventsQuery(
  parameters: Iterable<readonly [string, string]>,
  now: number,
): { readonly query: DeliveryQuery } | { readonly problem: Problem } {
  const given = [...parameters]
  const refused = refuse(given, OF_DELIVERIES, 'is for deliveries, not for events')
  return refused ?? readDeliveryQuery(given, now, OF_DELIVERIES)
}

function refuse(
  given: ReadonlyArray<readonly [string, string]>,
  names: readonly string[],
  message: string,
): { readonly problem: Problem } | undefined {
  const refused = given.filter(([name]) => names.includes(name))
  if (refused.length === 0) return undefined
  return { problem: badParameters(refused.map(([field]) => ({ field, message }))) }
}

const PAGE_CURSOR = /^(\d{1,15})\.(.+)$/

/** The cursor of a page: the time from which its durations count, and the ledger's own cursor. */
export function pageCursor(ledgerCursor: string, asOf: number): string {
  return `${asOf}.${ledgerCursor}`
}

function splitCursor(text: string) {
  const [, asOf, ledgerCursor] = PAGE_CURSOR.exec(text) ?? []
  if (asOf === undefined || ledgerCursor === undefined) return undefined
  return { asOf: Number(asOf), ledgerCursor }
}

/** The error for a cursor that does not belong to this list. */
export const BAD_CURSOR: FieldError = {
  field: 'cursor',
  message: 'expected the nextCursor of a page of the same list; start again without it',
}
