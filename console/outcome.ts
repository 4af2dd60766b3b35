import { type Html, html } from './html.ts'

/** The sign before the word, so that no outcome is told by its colour alone. */
const SIGNS: Readonly<Record<string, string>> = {
  delivered: '✓',
  observed: '○',
  suppressed: '≈',
  skipped: '–',
  dead: '✕',
  failed: '✕',
  held: '◷',
  retry: '↻',
  dismissed: '⊘',
  unrecorded: '?',
}

/** What became of a delivery: a sign and a word. */
export function outcomeMark(outcome: string): Html {
  const known = outcome in SIGNS ? outcome : 'unknown'
  const sign = SIGNS[outcome] ?? '·'
  return html`<span class="outcome is-${known}"><span aria-hidden="true">${sign}</span> ${outcome}</span>`
}

/** How severe an event is, where that is not usual. */
export function severityMark(severity: string): Html | readonly [] {
  if (severity === '' || severity === 'info') return []
  const sign = severity === 'error' ? '▲' : '•'
  return html`<span class="severity is-${severity === 'error' ? 'error' : 'other'}"><span aria-hidden="true">${sign}</span> ${severity}</span> `
}
