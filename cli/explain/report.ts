import type {
  AlertVerdict,
  EventVerdict,
  ExplainedEvent,
  Explanation,
} from '../../relay/api/schemas/explain.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { onOneLine } from '../output/line.ts'
import { shortId } from '../output/short-id.ts'
import { formatTable } from '../output/table.ts'

/** All that a verdict can be. What takes the event comes first, and what does nothing with it last. */
export const VERDICTS = [
  'delivered',
  'observed',
  'held',
  'retry',
  'dead',
  'dismissed',
  'suppressed',
  'unrecorded',
  'skipped',
]

/** An explanation for people: a table of all Alerts, and the requests below it. */
export function formatExplanation({ verdicts }: Pick<Explanation, 'verdicts'>): string {
  const sorted = inOrder(verdicts)
  const table = formatTable(['ALERT', 'PROVIDER', 'VERDICT', 'WHY'], sorted.map(cells))
  return [table, ...sorted.flatMap(sectionsOf)].join('\n')
}

/** The same of an event that a relay has taken. FROM says which of it is recorded. */
export function formatEvent(explained: ExplainedEvent): string {
  const { cluster, eventId, acceptedAt, revision, reason, verdicts } = explained
  const sorted = inOrder(verdicts)
  const rows = sorted.map((verdict) => {
    const [alert = '', provider = '', outcome = '', why = ''] = cells(verdict)
    return [alert, provider, outcome, sourceOf(verdict), why]
  })
  const head = [
    `event ${eventId} of cluster ${cluster}, accepted at ${acceptedAt}`,
    ...(revision === undefined ? [] : [`judged by the configuration ${revision}`]),
    ...(reason === undefined ? [] : [reason]),
  ]
  const heading = ['ALERT', 'PROVIDER', 'VERDICT', 'FROM', 'WHY']
  const table = rows.length === 0 ? [] : [formatTable(heading, rows)]
  return [linesOf(head), ...table, ...sorted.flatMap(sectionsOf)].join('\n')
}

/** A record by its id, or the rules by which it was worked out. */
function sourceOf({ recorded, delivery }: EventVerdict): string {
  return recorded ? shortId(delivery ?? '') : 'rules'
}

function inOrder<V extends AlertVerdict>(verdicts: readonly V[]): readonly V[] {
  const place = ({ outcome }: V) => {
    const at = VERDICTS.indexOf(outcome)
    return at < 0 ? VERDICTS.length : at
  }
  return verdicts.toSorted((a, b) => place(a) - place(b))
}

function cells({ alert, provider, outcome, reason }: AlertVerdict): readonly string[] {
  return [namespacedName(alert), provider ? namespacedName(provider) : '', outcome, reason]
}

type RequestPreview = AlertVerdict['requests'][number]

function sectionsOf(verdict: AlertVerdict): readonly string[] {
  const { alert, provider, requests, notes } = verdict
  if (requests.length + notes.length === 0) return []
  const to = provider ? ` to Provider ${namespacedName(provider)}` : ''
  const type = provider?.type === undefined ? '' : ` (${provider.type})`
  return [
    linesOf([
      `Alert ${namespacedName(alert)}${to}${type}`,
      ...notes.map((note) => `note: ${note}`),
    ]),
    ...requests.map(requestText),
  ]
}

function requestText({ method, url, headers, subject, body }: RequestPreview): string {
  const head = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(subject === undefined ? [] : [`subject: ${subject}`]),
  ]
  return linesOf(body === undefined || body === '' ? head : [...head, '', ...bodyLines(body)])
}

/** JSON is laid out; any other text stays as it is. */
function bodyLines(body: string): readonly string[] {
  const value = jsonValue(body)
  const isLaidOut = typeof value === 'object' && value !== null
  return (isLaidOut ? JSON.stringify(value, null, 2) : body).split('\n')
}

/** Each on a line of its own: what a cluster sent may hold anything. */
function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${onOneLine(line).trimEnd()}\n`).join('')
}
