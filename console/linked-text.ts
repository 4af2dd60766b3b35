import { type Html, html } from './html.ts'

/**
 * A text of an event: as text, and as a link to `page` if there is one, or else to itself where the whole of it is an
 * address of the web.
 */
export function linkedText(text: string, page = text): Html {
  const url = /^https?:\/\/\S+$/.test(page) ? URL.parse(page) : null
  if (url === null) return html`<span dir="auto">${text}</span>`
  return html`<a href="${url.href}" rel="noreferrer noopener">${text}</a>`
}
