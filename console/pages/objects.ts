import { type ListedObject, ObjectList } from '../../relay/api/schemas/objects.ts'
import type { Silence } from '../../relay/api/schemas/silences.ts'
import { testButton } from '../actions/test-provider.ts'
import { read } from '../answers.ts'
import { type ClusterChoice, chooseCluster, clusterSelect } from '../cluster-choice.ts'
import { countText } from '../count-text.ts'
import { type Html, html } from '../html.ts'
import { type Asked, type ConsolePage, mayChange, type Section, type Shown } from '../page.ts'
import { readyMark, suspendedMark } from '../readiness.ts'
import {
  activeSilences,
  conditionOf,
  silenceButton,
  silencedMark,
  silencesTable,
} from '../silences.ts'
import { noMatch } from '../states.ts'
import { ago } from '../times.ts'
import { aboutNumbers, success } from '../totals.ts'

/** Rows of a page. */
const PAGE_SIZE = 100

/** What the pages of Alerts and of Providers differ in. */
interface ObjectKind {
  readonly kind: 'Alert' | 'Provider'
  readonly section: Section
  readonly title: string
  readonly path: string
  /** The title of the column that says where an object leads. */
  readonly leadsTo: string
}

const ALERTS: ObjectKind = {
  ...{ kind: 'Alert', section: 'alerts', title: 'Alerts', path: '/console/alerts' },
  leadsTo: 'Provider',
}

const PROVIDERS: ObjectKind = {
  ...{ kind: 'Provider', section: 'providers', title: 'Providers', path: '/console/providers' },
  leadsTo: 'Type',
}

/** The Alerts of a cluster, and how they did. */
export const alertsPage: ConsolePage = pageOf(ALERTS)

/** The Providers of a cluster, and how they did. */
export const providersPage: ConsolePage = pageOf(PROVIDERS)

function pageOf(of: ObjectKind): ConsolePage {
  return { path: of.path, show: (asked) => show(of, asked) }
}

async function show(of: ObjectKind, { relay, query, now, person, numbers }: Asked): Promise<Shown> {
  const { title, section } = of
  const choice = await chooseCluster(relay, query)
  if (choice.chosen === undefined) return { title, section, content: nothingYet(of) }
  const parameters = new URLSearchParams({ kind: of.kind })
  const { objects } = read(ObjectList, await relay.listObjects(choice.chosen, parameters))
  const name = query.get('name')?.trim() ?? ''
  const found = objects.filter((it) => nameOf(it).includes(name))
  const page = pageNumber(query.get('page'), found.length)
  const state = { cluster: choice.chosen, name, page }
  const silences = await activeSilences(relay, choice.chosen)
  const mayAct = mayChange(person)
  const silenced = new Map(silences?.map((silence) => [silence.match, silence]))
  const actions = {
    canTest: mayAct && of.kind === 'Provider',
    canSilence: mayAct && silences !== undefined,
  }
  const content = html`<h1>${title}</h1>
${filterForm(of, choice, name)}
${aboutNumbers(numbers)}<div id="results" aria-live="polite">
${silencesTable(silences ?? [], { now, from: mayAct ? of.kind : undefined })}${found.length === 0 ? noMatch(pathOf(of, { ...state, name: '', page: 1 })) : table(of, found, { ...state, ...actions, now, silenced })}
</div>`
  return { title, section, content }
}

/** The page that the address names, or the last one where there are fewer now. */
function pageNumber(text: string | null, count: number): number {
  const asked = Math.max(Math.trunc(Number(text)) || 1, 1)
  return Math.min(asked, lastPage(count))
}

function lastPage(count: number): number {
  return Math.max(Math.ceil(count / PAGE_SIZE), 1)
}

function nothingYet({ title }: ObjectKind): Html {
  return html`<h1>${title}</h1>
<section class="state">
<h2>No cluster has sent its configuration yet</h2>
<p>The shipper of a cluster sends its Alerts and Providers; <code>flux-relay apply -f PATH --cluster NAME</code> does so from a folder.</p>
</section>`
}

function filterForm({ path }: ObjectKind, choice: ClusterChoice, name: string): Html {
  return html`<form class="filters" role="search" action="${path}" hx-get="${path}" hx-target="#results" hx-select="#results" hx-swap="outerHTML" hx-push-url="true" hx-trigger="input changed delay:300ms, change, submit">
<div class="row">
${clusterSelect(choice)}
<label class="grow"><span>Part of the name</span><input type="search" name="name" value="${name}" placeholder="flux-system/" data-filter></label>
<button>Filter</button>
</div>
</form>`
}

/** What the address of a page says. */
interface PageState {
  readonly cluster: string
  readonly name: string
  readonly page: number
}

interface TableState extends PageState {
  readonly now: number
  /** Whether each row has a button to test the Provider. */
  readonly canTest: boolean
  /** Whether each row has a button to silence the object. */
  readonly canSilence: boolean
  /** The silences in force, by their conditions. */
  readonly silenced: ReadonlyMap<string, Silence>
}

function table(of: ObjectKind, found: readonly ListedObject[], state: TableState): Html {
  const shown = found.slice((state.page - 1) * PAGE_SIZE, state.page * PAGE_SIZE)
  const caption =
    found.length > shown.length
      ? `${shown.length} of ${found.length} ${of.title}`
      : countText(found.length, of.kind)
  return html`<table class="list labelled shares objects">
<caption>${caption} of ${state.cluster}, with the outcomes of the last 24 hours</caption>
<thead><tr><th scope="col">Name</th><th scope="col">${of.leadsTo}</th><th scope="col">State</th><th scope="col">Last delivered</th><th scope="col">Success in 24 h</th>${state.canTest || state.canSilence ? html`<th scope="col">Actions</th>` : []}</tr></thead>
<tbody id="rows">
${shown.map((object) => row(of, object, state))}</tbody>
</table>
${pager(of, found.length, state)}`
}

/** What the message of every object begins with that is ready; warnings come after it. */
const READY_MESSAGE = /^Initialized(?:; )?/

function row(
  { kind, leadsTo: leadsToTitle }: ObjectKind,
  object: ListedObject,
  { cluster, now, canTest, canSilence, silenced }: TableState,
): Html {
  const { namespace, name, ready, suspended, reason, message, lastDeliveredAt, lastDeadAt } = object
  const filters = new URLSearchParams({ cluster, [kind.toLowerCase()]: nameOf(object) })
  const note = ready ? message.replace(READY_MESSAGE, '') : `${reason}: ${message}`
  const why = note === '' ? [] : html` <small dir="auto">${note}</small>`
  const died = lastDeadAt ? html` <small>given up ${ago(lastDeadAt, now)}</small>` : []
  const test = canTest ? testButton({ cluster, namespace, name }) : []
  const silence = canSilence ? silenceButton({ kind, cluster, namespace, name }) : []
  const actions = canTest || canSilence ? html`<td class="actions">${test}${silence}</td>` : []
  const silent = silencedMark(silenced.get(conditionOf({ kind, namespace, name })), now)
  const delivered = lastDeliveredAt ? ago(lastDeliveredAt, now) : '–'
  return html`<tr><td><a href="/console/deliveries?${filters.toString()}">${name}</a> <small>${namespace}</small></td><td data-label="${leadsToTitle}">${leadsTo(object, cluster)}</td><td>${readyMark(ready)}${suspendedMark(suspended)}${silent}${why}</td><td data-label="Last delivered">${delivered}${died}</td><td data-label="Success in 24 h">${success(object.outcomes)}</td>${actions}</tr>\n`
}

function leadsTo({ type, provider }: ListedObject, cluster: string): Html | string {
  if (provider === undefined) return type ?? '–'
  const query = new URLSearchParams({ cluster, name: provider })
  return html`<a href="${PROVIDERS.path}?${query.toString()}">${provider}</a>`
}

function pager(of: ObjectKind, count: number, state: PageState): Html | readonly [] {
  const { page } = state
  const last = lastPage(count)
  if (last === 1) return []
  const link = (to: number, rel: string, text: string) =>
    html`<a rel="${rel}" href="${pathOf(of, { ...state, page: to })}">${text}</a> `
  const before = page > 1 ? link(page - 1, 'prev', 'Before') : []
  const next = page < last ? link(page + 1, 'next', 'Next') : []
  return html`<p class="pager">Page ${page} of ${last} ${before}${next}</p>`
}

function pathOf({ path }: ObjectKind, { cluster, name, page }: PageState): string {
  const query = new URLSearchParams({
    cluster,
    ...(name !== '' && { name }),
    ...(page > 1 && { page: String(page) }),
  })
  return `${path}?${query}`
}

function nameOf({ namespace, name }: ListedObject): string {
  return `${namespace}/${name}`
}
