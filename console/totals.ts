import type { OutcomeTotals } from '../relay/api/schemas/overview.ts'
import { type Html, html } from './html.ts'

/** The outcomes that say whether something was sent: of what is neither nothing can be said. */
export function successText(outcomes: OutcomeTotals): string {
  const { delivered = 0, dead = 0, retry = 0, held = 0 } = outcomes
  const all = delivered + dead
  if (all === 0) return retry + held === 0 ? 'nothing sent' : 'nothing delivered yet'
  // Never 100 % when one of many thousands is dead.
  const percent = dead === 0 ? 100 : Math.min(Math.floor((delivered / all) * 1_000) / 10, 99.9)
  return `${percent} % of ${all}`
}

/** How much was delivered of what was delivered or is dead, in 24 hours. */
export function success(outcomes: OutcomeTotals): Html {
  const { dead = 0 } = outcomes
  const failed =
    dead === 0
      ? []
      : html` <small class="bad nowrap"><span aria-hidden="true">✕</span> ${dead} dead</small>`
  return html`${successText(outcomes)}${failed}`
}

/** What the numbers of a page are, where a person has to know it. */
export function aboutNumbers(numbers: string | undefined): Html | readonly [] {
  return numbers === undefined ? [] : html`<p class="muted">${numbers}</p>\n`
}
