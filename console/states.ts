import { Refused } from './answers.ts'
import { type Html, html } from './html.ts'
import type { Shown } from './page.ts'

/** The page of what a relay refuses, or of what failed. `again`: the path to try once more. */
export function problemPage(error: unknown, again: string): Shown {
  if (!(error instanceof Refused)) {
    const detail = 'The relay could not answer; its log says why.'
    return { title: 'Error', status: 500, content: problemText('This did not work', detail, again) }
  }
  const { status, message } = error
  const title = status === 404 ? 'Not found' : 'This did not work'
  return { title, status, content: problemText(title, message, again) }
}

function problemText(title: string, detail: string, again: string): Html {
  return html`<section class="state" role="alert">
<h1>${title}</h1>
<p>${detail}</p>
<p><a class="button" href="${again}">Try again</a> <a href="/console/deliveries">To the deliveries</a></p>
</section>`
}

/** A page with one thing to say. */
export function noticePage(title: string, status: number, sentence: string): Shown {
  const content = html`<section class="state">\n<h1>${title}</h1>\n<p>${sentence}</p>\n</section>`
  return { title, status, content }
}

/** What a list says in the place of its rows, where the relay takes one of its filters for wrong. Rethrows any other error. */
export function wrongFilters(error: unknown, clear: string): Html {
  if (!(error instanceof Refused) || error.status !== 400) throw error
  return html`<div class="state" role="alert">
<h2>This filter did not work</h2>
<p>${error.message}</p>
<p><a class="button" href="${clear}">Clear filters</a></p>
</div>`
}

/** What a list says that has nothing, where filters leave nothing. */
export function noMatch(clear: string): Html {
  return html`<div class="state">
<h2>Nothing fits these filters</h2>
<p><a class="button" href="${clear}">Clear filters</a></p>
</div>`
}
