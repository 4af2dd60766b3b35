import type { Answer } from '../../relay/api/answer.ts'
import { messagesFirst } from '../../relay/api/replay-order.ts'
import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { Refused, refused } from '../answers.ts'
import { countText } from '../count-text.ts'
import { type Html, html } from '../html.ts'
import type { Asked, ConsoleAction, GoOn, Shown } from '../page.ts'

/** The most deliveries of one form; a page of the list has fewer. */
const MOST_AT_ONCE = 200

/** What a person does with deliveries that were selected. */
interface Change {
  readonly path: string
  readonly title: string
  /** What is asked before it is done with `what`: `2 deliveries`. */
  question(what: string): string
  readonly warning: string
  /** Further fields of the form that asks. */
  readonly fields: Html | readonly []
  done(what: string): string
  /** The ids of a list, whose latest is the first, in the order in which it is done. */
  inOrder(asked: Asked, ids: readonly string[]): Promise<readonly string[]>
  apply(asked: Asked, id: string, form: URLSearchParams): Promise<Answer>
}

/** Sends deliveries again. */
export const replayAction = actionOf({
  path: '/console/replay',
  title: 'Replay',
  question: (what) => `Send ${what} again?`,
  warning:
    'Each is sent to its Provider as if its event had just come. A message that was sent cannot be taken back.',
  fields: [],
  done: (what) => `${what} will be sent again`,
  async inOrder({ relay }, ids) {
    const read = async (id: string) => {
      const { data } = Delivery.safeParse(jsonValue((await relay.showDelivery(id)).body))
      return { id, toldIn: data?.toldIn }
    }
    const deliveries = []
    for (const id of ids.toReversed()) deliveries.push(await read(id))
    return messagesFirst(deliveries).map(({ id }) => id)
  },
  apply: ({ relay, person }, id) => relay.replayDelivery(id, person.name),
})

/** Puts dead deliveries away. */
export const dismissAction = actionOf({
  path: '/console/dismiss',
  title: 'Dismiss',
  question: (what) => `Put ${what} away?`,
  warning:
    'A dead delivery that is dismissed is not counted any more as one that somebody has to look at. It stays in the ledger.',
  fields: html`<p><label><span>Why (optional)</span><input name="comment" maxlength="500"></label></p>\n`,
  done: (what) => `${what} put away`,
  inOrder: async (_, ids) => ids,
  apply({ relay, person }, id, form) {
    const comment = form.get('comment')?.trim() ?? ''
    const text = JSON.stringify(comment === '' ? {} : { comment })
    const body = { body: new TextEncoder().encode(text), contentType: 'application/json' }
    return relay.dismissDelivery(id, body, person.name)
  },
})

/**
 * The action of a change. Of several deliveries it first says how many they are and asks; of one, which
 * has its own page, it does not, and goes back there.
 */
function actionOf(change: Change): ConsoleAction {
  return {
    path: change.path,
    async act(asked, form) {
      const ids = [...new Set(form.getAll('id'))]
      const [first] = ids
      if (first === undefined) throw new Refused(400, 'No delivery was selected.')
      if (ids.length > MOST_AT_ONCE) {
        throw new Refused(400, `Expected at most ${MOST_AT_ONCE} deliveries at once.`)
      }
      if (form.get('from') === 'delivery') return applyToOne(change, asked, first, form)
      return form.get('confirmed') === 'yes'
        ? applyToAll(change, asked, ids, form)
        : question(change, ids)
    },
  }
}

async function applyToOne(
  change: Change,
  asked: Asked,
  id: string,
  form: URLSearchParams,
): Promise<GoOn> {
  const answer = await change.apply(asked, id, form)
  if (answer.status >= 300) throw refused(answer)
  return { to: `/console/deliveries/${encodeURIComponent(id)}` }
}

function question({ path, title, question, warning, fields }: Change, ids: readonly string[]) {
  const what = countText(ids.length, 'delivery', 'deliveries')
  return {
    title,
    section: 'deliveries',
    content: html`<section class="state">
<h1>${question(what)}</h1>
<p>${warning}</p>
<form method="post" action="${path}">
${ids.map((id) => html`<input type="hidden" name="id" value="${id}">\n`)}<input type="hidden" name="confirmed" value="yes">
${fields}<button class="primary">${title} ${what}</button> <a class="button" href="/console/deliveries">Cancel</a>
</form>
</section>`,
  } satisfies Shown
}

async function applyToAll(
  change: Change,
  asked: Asked,
  ids: readonly string[],
  form: URLSearchParams,
): Promise<Shown> {
  const left: Html[] = []
  for (const id of await change.inOrder(asked, ids)) {
    const answer = await change.apply(asked, id, form)
    if (answer.status < 300) continue
    const path = `/console/deliveries/${encodeURIComponent(id)}`
    left.push(html`<li><a href="${path}">${id.slice(0, 12)}</a>: ${refused(answer).message}</li>\n`)
  }
  const failed = left.length > 0 ? html`<h2>Not these</h2>\n<ul>\n${left}</ul>\n` : []
  return {
    title: change.title,
    section: 'deliveries',
    content: html`<section class="state">
<h1>${change.done(countText(ids.length - left.length, 'delivery', 'deliveries'))}</h1>
${failed}<p><a class="button" href="/console/deliveries">To the deliveries</a></p>
</section>`,
  }
}
