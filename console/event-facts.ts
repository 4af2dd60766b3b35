import { textEntries, textField } from './fields.ts'
import { type Html, html } from './html.ts'
import { linkedText } from './linked-text.ts'
import { severityMark } from './outcome.ts'

/** What an event says: its severity and reason, its message, and its metadata. */
export function eventFacts(event: unknown): Html {
  const message = textField(event, 'message')
  const controller = textField(event, 'reportingController')
  const metadata = textEntries(event, 'metadata').map(
    ([name, value]) => html`<dt>${name}</dt><dd>${linkedText(value)}</dd>\n`,
  )
  const by = controller === '' ? [] : html`<dt>reported by</dt><dd>${controller}</dd>\n`
  return html`<p>${severityMark(textField(event, 'severity'))}<b>${textField(event, 'reason')}</b></p>
<div class="text long" dir="auto" tabindex="0">${message}</div>
<dl class="facts">
${by}${metadata}</dl>`
}
