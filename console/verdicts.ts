import type { AlertVerdict, EventVerdict } from '../relay/api/schemas/explain.ts'
import { type Html, html } from './html.ts'
import { outcomeMark } from './outcome.ts'

type Verdict = AlertVerdict & Partial<Pick<EventVerdict, 'delivery' | 'recorded'>>
type Requests = AlertVerdict['requests']

/** What each Alert does, or did, with one event: those that take it come first. */
export function verdictsTable(verdicts: readonly Verdict[], caption: string): Html {
  const ordered = verdicts.toSorted((a, b) => rank(a) - rank(b))
  return html`<table class="list shares verdicts">
<caption>${caption}</caption>
<thead><tr><th scope="col">Alert</th><th scope="col">Provider</th><th scope="col">Verdict</th><th scope="col">Rule</th><th scope="col">Why</th></tr></thead>
<tbody id="rows">
${ordered.map(verdictRow)}</tbody>
</table>`
}

function rank({ outcome }: Verdict): number {
  return outcome === 'skipped' ? 1 : 0
}

function verdictRow({ alert, provider, outcome, rule, reason, delivery, notes }: Verdict): Html {
  const name = `${alert.namespace}/${alert.name}`
  const linked = delivery ? html`<a href="/console/deliveries/${delivery}">${name}</a>` : name
  const to = provider ? `${provider.namespace}/${provider.name}` : '–'
  const type = provider?.type === undefined ? [] : html` <small>${provider.type}</small>`
  return html`<tr><td>${linked}</td><td>${to}${type}</td><td>${outcomeMark(outcome)}</td><td>${rule ?? '–'}</td><td>${reason}${notesText(notes)}</td></tr>\n`
}

/** What a person should know beside. */
export function notesText(notes: readonly string[]): readonly Html[] {
  return notes.map((note) => html`<br><small>${note}</small>`)
}

/** Requests as they are sent, with every secret masked. */
export function requestsText(requests: Requests): readonly Html[] {
  return requests.map(({ method, url, headers, subject, body }) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const head = [`${method} ${url}${subject === undefined ? '' : ` ${subject}`}`, ...lines]
    const text = [head.join('\n'), ...(body === undefined ? [] : [indented(body)])].join('\n\n')
    return html`<pre class="long" tabindex="0"><code>${text}</code></pre>`
  })
}

/** JSON with line breaks; another text as it is. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2)
  } catch {
    return body
  }
}
