import { type Html, html } from './html.ts'

/** A text of an event: as text, and as a link where the whole of it is an address of the web. */
export function linkedText(text: string): Html {
  const url = /^https?:\/\/\S+$/.test(text) ? URL.parse(text) : null
  if (url === null) return html`<span dir="auto">${text}</span>`
  return html`<a href="${url.href}" rel="noreferrer noopener">${text}</a>`
}
