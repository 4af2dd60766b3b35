import type { AlertVerdict, Explanation } from '../../relay/api/schemas/explain.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { onOneLine } from '../output/line.ts'
import { formatTable } from '../output/table.ts'

/** What takes the event comes first, and what does nothing with it last. */
const ORDER = ['delivered', 'retry', 'dead', 'suppressed', 'skipped']

/** An explanation for people: a table of all Alerts, and the requests below it. */
export function formatExplanation({ verdicts }: Pick<Explanation, 'verdicts'>): string {
  const place = ({ outcome }: AlertVerdict) => {
    const at = ORDER.indexOf(outcome)
    return at < 0 ? ORDER.length : at
  }
  const sorted = verdicts.toSorted((a, b) => place(a) - place(b))
  const table = formatTable(
    ['ALERT', 'PROVIDER', 'VERDICT', 'WHY'],
    sorted.map((verdict) => [
      namespacedName(verdict.alert),
      verdict.provider ? namespacedName(verdict.provider) : '',
      verdict.outcome,
      verdict.reason,
    ]),
  )
  return [table, ...sorted.flatMap(sectionsOf)].join('\n')
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
