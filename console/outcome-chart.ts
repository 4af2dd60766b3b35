import type { OutcomeTotals, Overview } from '../relay/api/schemas/overview.ts'
import type { CountedOutcome } from '../relay/model/outcomes.ts'
import { type Html, html } from './html.ts'
import { outcomeMark } from './outcome.ts'

type Hours = Overview['hours']

/** From the ground up: what is well is at the bottom, and what is not is on top, where it is seen. */
const STACK: readonly CountedOutcome[] = [
  'delivered',
  'observed',
  'suppressed',
  'skipped',
  'held',
  'retry',
  'dead',
]

/** Most relays observe no cluster, and have no rule that holds something back. */
const UNUSUAL: ReadonlySet<CountedOutcome> = new Set(['observed', 'held'])

/** The size of the picture in its own units; the style stretches it to the width of the page. */
const WIDTH = 720
const HEIGHT = 140

/** One dead delivery beside thousands of others has to be seen. */
const LEAST_HEIGHT = 3

const BAR_GAP = 4

/** The hours that have a label under the picture. */
const LABEL_EVERY = 6

/**
 * The outcomes of hours as stacked bars, and as a table for who cannot see them. Colours come from
 * classes only, since the content policy forbids styles in a page; what is dead is hatched too.
 */
export function outcomeChart(hours: Hours): Html {
  const totals = totalsOf(hours)
  const shown = STACK.filter((outcome) => !UNUSUAL.has(outcome) || totals[outcome] !== undefined)
  const most = roundedUp(Math.max(...hours.map(({ outcomes }) => sumOf(outcomes)), 1))
  const bars = hours.map((hour, index) => bar(hour, index, { count: hours.length, most }))
  return html`<figure class="chart">
<figcaption>Outcomes by the hour of the last 24 hours, UTC</figcaption>
<p class="legend">${shown.map((outcome) => legend(outcome, totals[outcome] ?? 0))}</p>
<div class="plot"><span class="most" aria-hidden="true">${most}</span>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${spoken(totals)}">
${HATCH}
${bars}</svg></div>
<p class="labels" aria-hidden="true">${labels(hours)}</p>
<details><summary>The numbers as a table</summary>
${numbers(hours, shown)}
</details>
</figure>`
}

const HATCH = html`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="2" height="6"></rect></pattern></defs>`

interface Scale {
  readonly count: number
  /** What a bar of the whole height stands for. */
  readonly most: number
}

function bar({ from, outcomes }: Hours[number], index: number, { count, most }: Scale): Html {
  const width = WIDTH / count
  const heights = heightsOf(outcomes, most)
  const parts: Html[] = []
  let y = HEIGHT
  for (const [outcome, height] of heights) {
    y -= height
    const place = html`x="${tenths(index * width + BAR_GAP / 2)}" y="${tenths(y)}" width="${tenths(width - BAR_GAP)}" height="${tenths(height)}"`
    parts.push(html`<rect class="part is-${outcome}" ${place}></rect>`)
    if (outcome === 'dead') parts.push(html`<rect fill="url(#hatch)" ${place}></rect>`)
  }
  if (parts.length === 0) return html``
  return html`<g><title>${hourText(from)}: ${countsText(outcomes)}</title>${parts}</g>\n`
}

/** The heights of a bar's parts, from the ground up. What would not be seen takes from the largest. */
function heightsOf(
  outcomes: OutcomeTotals,
  most: number,
): ReadonlyArray<readonly [CountedOutcome, number]> {
  const parts = STACK.flatMap((outcome) => {
    const count = outcomes[outcome] ?? 0
    if (count === 0) return []
    return [[outcome, Math.max((count / most) * HEIGHT, LEAST_HEIGHT)] as const]
  })
  const excess = parts.reduce((sum, [, height]) => sum + height, 0) - HEIGHT
  if (excess <= 0) return parts
  const highest = Math.max(...parts.map(([, height]) => height))
  return parts.map(([outcome, height]) => [outcome, height === highest ? height - excess : height])
}

function legend(outcome: CountedOutcome, total: number): Html {
  const hatch =
    outcome === 'dead' ? html`<rect fill="url(#hatch)" width="12" height="12"></rect>` : []
  return html`<span><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="part is-${outcome}" width="12" height="12"></rect>${hatch}</svg> ${outcomeMark(outcome)} <b>${total}</b></span>\n`
}

function labels(hours: Hours): readonly Html[] {
  return hours.flatMap(({ from }, index) =>
    index % LABEL_EVERY === 0 ? html`<span>${from.slice(11, 16)}</span>` : [],
  )
}

function numbers(hours: Hours, shown: readonly CountedOutcome[]): Html {
  const heads = shown.map((outcome) => html`<th scope="col">${outcome}</th>`)
  const rows = hours.toReversed().map(({ from, outcomes }) => {
    const cells = shown.map((outcome) => html`<td>${outcomes[outcome] ?? 0}</td>`)
    return html`<tr><th scope="row"><a href="${hourPath(from)}">${hourText(from)}</a></th>${cells}</tr>\n`
  })
  return html`<div class="scroll"><table class="numbers"><caption>Decisions by the hour and outcome, the latest first</caption>
<thead><tr><th scope="col">Hour (UTC)</th>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>`
}

const HOUR_MS = 3_600_000

/** The deliveries whose events were accepted in an hour. */
function hourPath(from: string): string {
  const until = new Date(Date.parse(from) + HOUR_MS).toISOString()
  return `/console/deliveries?${new URLSearchParams({ since: from, until })}`
}

function hourText(from: string): string {
  return `${from.slice(0, 10)} ${from.slice(11, 16)}`
}

function totalsOf(hours: Hours): OutcomeTotals {
  const totals: Record<string, number> = {}
  for (const { outcomes } of hours) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      totals[outcome] = (totals[outcome] ?? 0) + count
    }
  }
  return totals
}

function spoken(totals: OutcomeTotals): string {
  return `Stacked bars. In 24 hours: ${countsText(totals)}. The table below has the numbers.`
}

function countsText(outcomes: OutcomeTotals): string {
  const parts = STACK.filter((outcome) => (outcomes[outcome] ?? 0) > 0)
  if (parts.length === 0) return 'nothing'
  return parts.map((outcome) => `${outcomes[outcome]} ${outcome}`).join(', ')
}

function sumOf(outcomes: OutcomeTotals): number {
  return STACK.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0)
}

/** The next number that is easy to read: one digit, and zeros. */
function roundedUp(most: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(most))
  return (
    [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * magnitude).find((step) => step >= most) ?? most
  )
}

function tenths(length: number): string {
  return String(Math.round(length * 10) / 10)
}
