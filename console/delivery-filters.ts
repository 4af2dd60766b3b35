import { OUTCOMES } from '../relay/model/outcomes.ts'
import { Refused } from './answers.ts'
import {
  ALERT_FIELD,
  CLUSTER_FIELD,
  filterInput,
  OBJECT_FIELD,
  SINCE_FIELD,
  UNTIL_FIELD,
} from './filter-fields.ts'
import { type Html, html } from './html.ts'

/** The filters that a person types. */
const FIELDS = [
  CLUSTER_FIELD,
  OBJECT_FIELD,
  ALERT_FIELD,
  { name: 'provider', label: 'Provider', example: 'flux-system/slack' },
  { name: 'reason', label: 'Reason of the event', example: 'HealthCheckFailed' },
  { name: 'event', label: 'Id of the event', example: 'its beginning' },
  SINCE_FIELD,
  UNTIL_FIELD,
] as const

const NAMES: ReadonlySet<string> = new Set([
  ...FIELDS.map(({ name }) => name),
  ...['text', 'severity', 'outcome'],
])

/** The filters of a page's address: those with a value, several outcomes in one. */
export function filtersOf(query: URLSearchParams): ReadonlyMap<string, string> {
  const filters = new Map<string, string>()
  for (const [name, value] of query) {
    const text = value.trim()
    if (!NAMES.has(name) || text === '') continue
    const earlier = name === 'outcome' ? filters.get(name) : undefined
    filters.set(name, earlier === undefined ? text : `${earlier},${text}`)
  }
  return filters
}

/** Fewer characters of an event's id would fit thousands of events, which the relay had to sort. */
const LEAST_OF_AN_ID = 6

/** The same, where a list is asked for by them. Throws `Refused` for the beginning of an id that is too short. */
export function listFiltersOf(query: URLSearchParams): ReadonlyMap<string, string> {
  const filters = filtersOf(query)
  const { length } = filters.get('event') ?? 'whole id'
  if (length >= LEAST_OF_AN_ID) return filters
  throw new Refused(400, `event: expected at least ${LEAST_OF_AN_ID} characters of its id`)
}

/** The form of the filters, which works without a script too. */
export function filterForm(filters: ReadonlyMap<string, string>): Html {
  const wanted = new Set(filters.get('outcome')?.split(','))
  const boxes = OUTCOMES.map((outcome) => {
    const isOn = wanted.has(outcome) ? html` checked` : []
    return html`<label class="box"><input type="checkbox" name="outcome" value="${outcome}"${isOn}> ${outcome}</label>\n`
  })
  const isOpen = FIELDS.some(({ name }) => filters.has(name)) ? html` open` : []
  return html`<form class="filters" role="search" action="/console/deliveries" hx-get="/console/deliveries" hx-target="#results" hx-select="#results" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace" hx-trigger="input changed delay:300ms, change, submit">
<div class="row">
<label class="grow"><span>Text of the message, or of why</span><input type="search" name="text" value="${filters.get('text') ?? ''}" data-filter></label>
${severitySelect(filters.get('severity') ?? '')}
<button>Filter</button>
</div>
<fieldset><legend>Outcome</legend>
${boxes}</fieldset>
<details${isOpen}><summary>More filters</summary>
<div class="grid">
${FIELDS.map((field) => filterInput(field, filters.get(field.name)))}</div>
</details>
</form>`
}

function severitySelect(severity: string): Html {
  const options = ['info', 'error'].map((value) => {
    const isOn = value === severity ? html` selected` : []
    return html`<option${isOn}>${value}</option>`
  })
  return html`<label><span>Severity</span><select name="severity"><option value="">any</option>${options}</select></label>`
}
