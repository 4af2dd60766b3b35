import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { Refused, read, refused } from '../answers.ts'
import { type Html, html } from '../html.ts'
import type { Asked, ConsoleAction, GoOn, Shown } from '../page.ts'

/** The most deliveries of one form; a page of the list has fewer. */
const MOST_AT_ONCE = 200

/**
 * Replays deliveries. Of several it first says how many they are and asks; of one, which has its own
 * page, it does not.
 */
export const replayAction: ConsoleAction = {
  path: '/console/replay',
  async act(asked, form) {
    const ids = [...new Set(form.getAll('id'))]
    if (ids.length === 0) throw new Refused(400, 'No delivery was selected.')
    if (ids.length > MOST_AT_ONCE) {
      throw new Refused(400, `At most ${MOST_AT_ONCE} deliveries can be replayed at once.`)
    }
    if (form.get('from') === 'delivery') return replayOne(asked, ids[0] ?? '')
    return form.get('confirmed') === 'yes' ? replayAll(asked, ids) : question(ids)
  },
}

async function replayOne({ relay, person }: Asked, id: string): Promise<GoOn> {
  read(Delivery, await relay.replayDelivery(id, person.name))
  return { to: `/console/deliveries/${encodeURIComponent(id)}` }
}

function question(ids: readonly string[]): Shown {
  const what = countText(ids.length)
  return {
    title: 'Replay',
    section: 'deliveries',
    content: html`<section class="state">
<h1>Send ${what} again?</h1>
<p>Each is sent to its Provider as if its event had just come. Who gets the messages cannot take them back.</p>
<form method="post" action="/console/replay">
${ids.map((id) => html`<input type="hidden" name="id" value="${id}">\n`)}<input type="hidden" name="confirmed" value="yes">
<button class="primary">Replay ${what}</button> <a class="button" href="/console/deliveries">Cancel</a>
</form>
</section>`,
  }
}

async function replayAll({ relay, person }: Asked, ids: readonly string[]): Promise<Shown> {
  const left: Html[] = []
  for (const id of ids) {
    const answer = await relay.replayDelivery(id, person.name)
    if (answer.status === 202) continue
    const path = `/console/deliveries/${encodeURIComponent(id)}`
    left.push(html`<li><a href="${path}">${id.slice(0, 12)}</a>: ${refused(answer).message}</li>\n`)
  }
  const notSent = left.length > 0 ? html`<h2>Not replayed</h2>\n<ul>\n${left}</ul>\n` : []
  return {
    title: 'Replayed',
    section: 'deliveries',
    content: html`<section class="state">
<h1>${countText(ids.length - left.length)} will be sent again</h1>
${notSent}<p><a class="button" href="/console/deliveries">To the deliveries</a></p>
</section>`,
  }
}

function countText(count: number): string {
  return count === 1 ? '1 delivery' : `${count} deliveries`
}
