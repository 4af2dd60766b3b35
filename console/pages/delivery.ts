import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { type EventVerdict, ExplainedEvent } from '../../relay/api/schemas/explain.ts'
import { read, readFound } from '../answers.ts'
import { alertName, linkedDeliveriesTable, providerName } from '../deliveries-table.ts'
import { eventFacts } from '../event-facts.ts'
import { type Html, html } from '../html.ts'
import { nextDeliveries } from '../later-deliveries.ts'
import { outcomeMark } from '../outcome.ts'
import { type Asked, type ConsolePage, mayChange, type Shown } from '../page.ts'
import { absolute, ago, ahead, duration } from '../times.ts'
import { requestsText, verdictsTable } from '../verdicts.ts'

/** The page of one delivery: how it came to be what it is. */
export const deliveryPage: ConsolePage = { path: '/console/deliveries/{id}', show }

/** Deliveries that came next for the same object and Alert. */
const MOST_LATER = 5

async function show(asked: Asked): Promise<Shown> {
  const { relay, parameters } = asked
  const delivery = read(Delivery, await relay.showDelivery(parameters.id ?? ''))
  const [explained, later] = await Promise.all([
    explanationOf(asked, delivery),
    nextDeliveries(relay, delivery, MOST_LATER),
  ])
  const verdict = explained?.verdicts.find((it) => it.delivery === delivery.id)
  const others = explained?.verdicts.filter((it) => it.delivery !== delivery.id) ?? []
  return {
    title: `${delivery.object}: ${delivery.outcome}`,
    section: 'deliveries',
    content: html`${head(asked, delivery)}
<ol class="chain">
<li><h2 class="step">Event</h2>${eventStep(delivery)}</li>
<li><h2 class="step">Repeat</h2>${repeatStep(delivery)}</li>
<li><h2 class="step">Rule</h2>${ruleStep(delivery, verdict)}</li>
<li><h2 class="step">Request</h2>${requestStep(delivery, verdict)}</li>
<li><h2 class="step">Tries</h2>${triesStep(delivery)}</li>
<li><h2 class="step">Next</h2>${nextStep(asked, delivery)}</li>
</ol>
${others.length > 0 ? html`<section><h2>The same event elsewhere</h2>\n${verdictsTable(others, 'What the other Alerts did with it')}</section>` : []}
${later.length > 0 ? html`<section><h2>What came later</h2>\n${linkedDeliveriesTable(later, { now: asked.now, isSelectable: false, caption: 'The next deliveries of the same object and Alert' })}</section>` : []}`,
  }
}

/** Without it the page has less, so what is refused here is not the page's end. */
async function explanationOf({ relay }: Asked, { eventId, cluster }: Delivery) {
  if (eventId === undefined) return undefined
  const answer = await relay.showEvent(eventId, new URLSearchParams({ cluster }))
  return answer.status >= 400 ? undefined : readFound(ExplainedEvent, answer)
}

function head({ person }: Asked, delivery: Delivery): Html {
  const { id, object, outcome, cluster, unreadable, test } = delivery
  const path = `/console/deliveries/${id}`
  const mayAct = mayChange(person) && !unreadable && test === undefined
  const dismiss =
    outcome === 'dead' ? html`<button formaction="/console/dismiss">Dismiss</button> ` : []
  const act = mayAct
    ? html`<form method="post" action="/console/replay" data-replay><input type="hidden" name="id" value="${id}"><input type="hidden" name="from" value="delivery">${dismiss}<button class="primary">Replay</button></form>`
    : []
  return html`<div class="head"><h1>${object}</h1>${outcomeMark(outcome)}<span class="muted">${cluster}</span>${act}</div>
<p class="summary"><code>${id}</code> <button type="button" class="quiet" data-copy="${id}" hidden>Copy id</button><button type="button" class="quiet" data-copy-link="${path}" hidden>Copy link</button></p>`
}

function eventStep(delivery: Delivery): Html {
  const { event, eventId, cluster, acceptedAt, unreadable, test } = delivery
  if (unreadable) return html`<p>The record of this delivery cannot be read.</p>`
  const query = new URLSearchParams({ cluster })
  const isListed = eventId !== undefined && test === undefined
  const link = isListed
    ? html` · <a href="/console/events/${eventId}?${query.toString()}">the event for every Alert</a>`
    : []
  return html`<p class="muted">accepted ${absolute(acceptedAt)}${link}</p>\n${eventFacts(event)}`
}

function repeatStep({ outcome, reason, repeats = 0 }: Delivery): Html {
  if (outcome === 'suppressed') return html`<p>${reason}</p>`
  const told = repeats === 1 ? 'one repeat' : `${repeats} repeats`
  return repeats > 0
    ? html`<p>It stands for ${told} that came since.</p>`
    : html`<p>It is no repeat.</p>`
}

function ruleStep(delivery: Delivery, verdict: EventVerdict | undefined): Html {
  const { outcome, reason, alert, revision, test } = delivery
  const by =
    revision === undefined ? [] : html` <span class="muted">configuration ${revision}</span>`
  if (test) {
    const asker = test.by === undefined ? '' : html`, which <b>${test.by}</b> asked for`
    return html`<p>It is a test of the Provider <b>${providerName(delivery)}</b>${asker}: no Alert was asked.</p>`
  }
  if (outcome === 'skipped') {
    const rule = verdict?.rule === undefined ? [] : html` <b>${verdict.rule}</b>:`
    return html`<p>${rule} ${reason}${by}</p>`
  }
  if (alert === undefined) return html`<p>${reason}${by}</p>`
  return html`<p>The Alert <b>${alertName(delivery)}</b> takes it, for the Provider <b>${providerName(delivery)}</b>.${by}</p>`
}

function requestStep(delivery: Delivery, verdict: EventVerdict | undefined): Html {
  const { notes = [] } = delivery
  const requests = verdict?.requests ?? []
  const said = [toldInText(delivery), ...notes.map((note) => html`<p class="muted">${note}</p>`)]
  if (requests.length === 0) return html`<p>There is none to show.</p>${said}`
  return html`<p class="muted">As it is made of the event by the configuration of then; secrets are masked.</p>\n${requestsText(requests)}${said}`
}

function toldInText({ id, toldIn }: Delivery): Html {
  if (toldIn === undefined) return html``
  if (toldIn === id) return html`<p>It sends one message for itself and others.</p>`
  return html`<p>It is told with others, in the message of <a href="/console/deliveries/${toldIn}">another delivery</a>.</p>`
}

function triesStep({ attempts = [], tries = 0 }: Delivery): Html {
  if (attempts.length === 0)
    return html`<p>${tries === 0 ? 'There was none.' : `${tries}, and no more is kept of them.`}</p>`
  const rows = attempts.map(
    ({ startedAt, durationMs, outcome, status, reason, responseExcerpt }) =>
      html`<tr><td class="time">${absolute(startedAt)}</td><td class="number">${duration(durationMs)}</td><td class="number">${status ?? '–'}</td><td>${outcomeMark(outcome)}</td><td>${reason}${responseExcerpt ? html`<pre class="long" tabindex="0"><code>${responseExcerpt}</code></pre>` : []}</td></tr>\n`,
  )
  const caption =
    attempts.length < tries ? `The latest ${attempts.length} of ${tries} tries` : `${tries} in all`
  return html`<table class="list">
<caption>${caption}</caption>
<thead><tr><th scope="col">Began</th><th scope="col" class="number">Took</th><th scope="col" class="number">Status</th><th scope="col">Outcome</th><th scope="col">Why, and the answer</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`
}

function nextStep(
  { now }: Asked,
  { outcome, reason, dueAt, dismissal, replayedAt = [], replayedBy = [] }: Delivery,
): Html {
  const replays = replayedAt.map((at) => {
    const by = replayedBy.find((it) => it.at === at)?.by
    return html`<p class="muted">Replayed ${ago(at, now)}${by === undefined ? '' : ` by ${by}`}.</p>`
  })
  if (dueAt !== undefined) return html`<p>${reason}; next try ${ahead(dueAt, now)}.</p>${replays}`
  if (dismissal !== undefined) {
    const { at, by, comment } = dismissal
    const who = by === undefined ? '' : ` by ${by}`
    const why = comment === undefined ? '.' : `: ${comment}`
    return html`<p>Nothing, unless somebody replays it: ${reason}</p><p>Dismissed ${ago(at, now)}${who}${why}</p>${replays}`
  }
  const nothing =
    outcome === 'dead' ? `Nothing, unless somebody replays it: ${reason}` : 'Nothing more.'
  return html`<p>${nothing}</p>${replays}`
}
