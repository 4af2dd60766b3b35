import { type Silence, SilenceList } from '../relay/api/schemas/silences.ts'
import { readFound } from './answers.ts'
import { countText } from './count-text.ts'
import { hiddenFields } from './hidden-fields.ts'
import { type Html, html } from './html.ts'
import type { ConsoleRelay } from './relay.ts'
import { ago, ahead } from './times.ts'

/** An Alert or a Provider whose messages a person may want to silence. */
export interface SilencedObject {
  readonly kind: 'Alert' | 'Provider'
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

/** The paths of the forms that make a silence and that end one. */
export const SILENCE_PATH = '/console/silence'
export const SILENCE_END_PATH = '/console/silence/end'

/** The silences of a cluster that are in force; undefined where the relay has none. Rejects with `Refused`. */
export async function activeSilences(
  relay: Pick<ConsoleRelay, 'listSilences'>,
  cluster: string,
): Promise<readonly Silence[] | undefined> {
  const found = readFound(SilenceList, await relay.listSilences(cluster))
  return found?.silences.filter(({ active }) => active)
}

/** The condition of a silence of all that an Alert, or a Provider, tells. */
export function conditionOf({ kind, namespace, name }: Omit<SilencedObject, 'cluster'>): string {
  const metadata = `${kind.toLowerCase()}.metadata`
  // A text of JSON is one of CEL too.
  return `${metadata}.namespace == ${JSON.stringify(namespace)} && ${metadata}.name == ${JSON.stringify(name)}`
}

/** A button that leads to the question, for the row of an object. */
export function silenceButton(object: SilencedObject): Html {
  const { namespace, name } = object
  return html`<form method="post" action="${SILENCE_PATH}">${hiddenFields({ ...object })}<button aria-label="Silence ${namespace}/${name}">Silence</button></form>`
}

/** That an object is silenced, and until when. */
export function silencedMark(silence: Silence | undefined, now: number): Html | readonly [] {
  if (silence === undefined) return []
  return html` <span class="outcome is-skipped"><span aria-hidden="true">◌</span> silenced</span> <small>ends ${ahead(silence.endsAt, now)}: ${silence.reason}</small>`
}

/** How the silences of a cluster are shown. `from`: the page to come back to, where a person may end one. */
export interface SilencesOptions {
  readonly now: number
  readonly from: string | undefined
}

/** What is silenced in a cluster, by whom, and until when. */
export function silencesTable(
  silences: readonly Silence[],
  { now, from }: SilencesOptions,
): Html | readonly [] {
  if (silences.length === 0) return []
  const end = from === undefined ? [] : html`<th scope="col">End</th>`
  return html`<table class="list labelled shares silences">
<caption>${countText(silences.length, 'silence')} in force</caption>
<thead><tr><th scope="col">What</th><th scope="col">Why</th><th scope="col">Since</th><th scope="col">Ends</th>${end}</tr></thead>
<tbody>
${silences.map((silence) => silenceRow(silence, { now, from }))}</tbody>
</table>
`
}

function silenceRow(silence: Silence, { now, from }: SilencesOptions): Html {
  const { id, cluster, namespace, match, reason, createdAt, createdBy, endsAt } = silence
  const by = createdBy === undefined ? [] : html` <small>by ${createdBy}</small>`
  const since = createdAt === undefined ? [] : ago(createdAt, now)
  const of =
    namespace === undefined ? [] : html` <small>for Alerts of ${namespace}, by ${id}</small>`
  const end =
    from === undefined
      ? []
      : namespace !== undefined
        ? html`<td></td>`
        : html`<td><form method="post" action="${SILENCE_END_PATH}">${hiddenFields({ cluster, id, from })}<button aria-label="End now: ${match}">End now</button></form></td>`
  return html`<tr><td><code>${match}</code>${of}</td><td>${reason}</td><td data-label="Since">${since}${by}</td><td data-label="Ends">${ahead(endsAt, now)}</td>${end}</tr>\n`
}
