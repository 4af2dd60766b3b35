import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { shortId } from '../output/short-id.ts'
import { formatTable } from '../output/table.ts'
import { annotation } from '../validate/annotation.ts'
import type { EventRoute, EventRoutes } from './event-routes.ts'

/** How many events are shown of each kind. */
const MOST_EXAMPLES = 10

/** Which events would go where, for people: a table, and examples below it. */
export function formatRoutes({ routes, repeats }: EventRoutes, compared: number): string {
  const noun = repeats === 1 ? 'repeat' : 'repeats'
  const left = repeats === 0 ? '' : `; without ${repeats} ${noun} for all Alerts`
  const head = `\nof ${compared} events of the ledger${left}\n`
  if (routes.length === 0) return head
  const rows = routes.map(({ alert, provider, added, gone, same }) => [
    ...[alert, provider],
    ...[added.length, gone.length, same].map(String),
  ])
  const table = formatTable(['ALERT', 'PROVIDER', 'NEW', 'GONE', 'SAME'], rows)
  return [head, table, ...routes.map(examplesText)].join('')
}

function examplesText({ alert, provider, added, gone }: EventRoute): string {
  if (added.length + gone.length === 0) return ''
  const row = (is: string) => (event: ListedEvent) => {
    const { time, id, object, severity, reason } = exampleOf(event)
    return [is, time, shortId(id), object, severity, reason]
  }
  const rows = [...first(added).map(row('NEW')), ...first(gone).map(row('GONE'))]
  return `\n${formatTable([`${alert} -> ${provider}`], [])}${formatTable(['', 'TIME', 'EVENT', 'OBJECT', 'SEVERITY', 'REASON'], rows)}`
}

/** The same as annotations of a pull request, at the Alerts. `path` stands for one that no file has. */
export function annotateRoutes(
  { routes }: EventRoutes,
  placeOf: (alert: string) => { readonly file: string; readonly line: number } | undefined,
  path: string,
): string {
  return routes
    .filter(({ added, gone }) => added.length + gone.length > 0)
    .map(({ alert, provider, added, gone, same }) => {
      const counts = `${added.length} new, ${gone.length} gone, ${same} the same`
      const message = `events of the ledger to Provider/${provider}: ${counts}`
      const place = placeOf(alert) ?? { file: path }
      return annotation({ ...place, object: `Alert/${alert}`, message, severity: 'notice' })
    })
    .join('')
}

/** The same for programs. */
export function routesDocument({ routes, repeats }: EventRoutes, compared: number) {
  return {
    compared,
    repeats,
    routes: routes.map(({ alert, provider, added, gone, same }) => ({
      ...{ alert, provider, new: added.length, gone: gone.length, same },
      examples: { new: first(added).map(exampleOf), gone: first(gone).map(exampleOf) },
    })),
  }
}

function first(events: readonly ListedEvent[]): readonly ListedEvent[] {
  return events.slice(0, MOST_EXAMPLES)
}

/** Without the message, which may say anything. */
function exampleOf({ id, acceptedAt, object, event }: ListedEvent) {
  const { severity, reason } = event
  return {
    ...{ time: acceptedAt, id, object },
    ...{ severity: String(severity ?? ''), reason: String(reason ?? '') },
  }
}
