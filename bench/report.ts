/** A bound that a measure has to keep; one with a unit alone is there to compare others with. */
export type Target =
  | { readonly unit: Unit }
  | { readonly atLeast: number; readonly unit: Unit }
  | { readonly atMost: number; readonly unit: Unit }

/** `x`: a ratio within one run. */
export type Unit = 'x' | 's' | 'ms' | 'MB' | 'rows'

/** One measure: a line of the table. */
export interface Row {
  readonly measure: string
  /** What was measured, for a person. */
  readonly measured: string
  /** What the target bounds. */
  readonly value: number
  readonly target: Target
  /** Another bound that is enough where the first is not kept. */
  readonly otherwise?: { readonly value: number; readonly target: Target }
}

/** What a scenario gives. */
export interface Outcome {
  readonly rows: readonly Row[]
  /** Numbers behind the rows, for the JSON file. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Why nothing was measured. */
  readonly skipped?: string
}

/** Whether a measure keeps its bound; empty for one that has none. */
export function verdictOf({ value, target, otherwise }: Row): 'met' | 'missed' | '' {
  if (!isBound(target)) return ''
  const isMet =
    keeps(value, target) || (otherwise !== undefined && keeps(otherwise.value, otherwise.target))
  return isMet ? 'met' : 'missed'
}

function isBound(target: Target): boolean {
  return 'atLeast' in target || 'atMost' in target
}

function keeps(value: number, target: Target): boolean {
  if ('atLeast' in target) return value >= target.atLeast
  return 'atMost' in target ? value <= target.atMost : true
}

/** The rows as a table of Markdown, so that it can be read in a terminal and put into a page. */
export function formatResults(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.measure,
    row.measured,
    `${formatNumber(row.value)} ${row.target.unit}${alternative(row)}`,
    `${formatTarget(row.target)}${row.otherwise ? ` or ${formatTarget(row.otherwise.target)}` : ''}`,
    verdictOf(row),
  ])
  const head = ['measure', 'measured', 'value', 'target', '']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [format(head), rule, ...lines.map(format)].join('\n')
}

function alternative({ otherwise }: Row): string {
  return otherwise ? `, ${formatNumber(otherwise.value)} ${otherwise.target.unit}` : ''
}

function formatTarget(target: Target): string {
  if ('atLeast' in target) return `>= ${target.atLeast} ${target.unit}`
  return 'atMost' in target ? `<= ${target.atMost} ${target.unit}` : ''
}

/** Two digits that mean something. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
