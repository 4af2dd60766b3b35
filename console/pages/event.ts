import { ExplainedEvent } from '../../relay/api/schemas/explain.ts'
import { read } from '../answers.ts'
import { countText } from '../count-text.ts'
import { eventFacts } from '../event-facts.ts'
import { textField } from '../fields.ts'
import { html } from '../html.ts'
import type { Asked, ConsolePage, Shown } from '../page.ts'
import { absolute } from '../times.ts'
import { verdictsTable } from '../verdicts.ts'

/** The page of one event, with what became of it for every Alert. */
export const eventPage: ConsolePage = { path: '/console/events/{id}', show }

async function show({ relay, parameters, query }: Asked): Promise<Shown> {
  const cluster = query.get('cluster')
  const where = new URLSearchParams(cluster === null || cluster === '' ? {} : { cluster })
  const event = read(ExplainedEvent, await relay.showEvent(parameters.id ?? '', where))
  const object = involvedObject(event.event)
  const { verdicts, reason, incomplete, revision, eventId, acceptedAt } = event
  const took = verdicts.filter(({ outcome }) => outcome !== 'skipped').length
  const table =
    verdicts.length > 0
      ? verdictsTable(verdicts, `${took} of ${countText(verdicts.length, 'Alert')} took it`)
      : html`<p>${reason ?? 'There was no Alert.'}</p>`
  return {
    title: object,
    section: 'events',
    content: html`<div class="head"><h1>${object}</h1><span class="muted">${event.cluster}</span></div>
<p class="summary"><code>${eventId}</code> <a href="/console/try?${new URLSearchParams({ event: eventId, cluster: event.cluster }).toString()}">Try rules with it</a> <button type="button" class="quiet" data-copy="${eventId}" hidden>Copy id</button></p>
<section class="card">
<p class="muted">accepted ${absolute(acceptedAt)}</p>
${eventFacts(event.event)}
</section>
<h2>What every Alert did with it</h2>
${incomplete === undefined ? [] : html`<p class="muted">Only what is recorded is shown: ${incomplete}</p>\n`}${revision === undefined ? [] : html`<p class="muted">By the configuration ${revision}.</p>\n`}${table}`,
  }
}

function involvedObject(event: Readonly<Record<string, unknown>>): string {
  const { involvedObject: object } = event
  return ['kind', 'namespace', 'name'].map((name) => textField(object, name)).join('/')
}
