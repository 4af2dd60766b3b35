/** A bound that a measure has to keep. */
export type Target =
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

export function isMet({ value, target, otherwise }: Row): boolean {
  return (
    keeps(value, target) || (otherwise !== undefined && keeps(otherwise.value, otherwise.target))
  )
}

function keeps(value: number, target: Target): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

/** The rows as a table of Markdown, so that it can be read in a terminal and put into a page. */
export function formatResults(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.measure,
    row.measured,
    `${formatNumber(row.value)} ${row.target.unit}${alternative(row)}`,
    `${formatTarget(row.target)}${row.otherwise ? ` or ${formatTarget(row.otherwise.target)}` : ''}`,
    isMet(row) ? 'met' : 'missed',
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
  const [sign, bound] = 'atLeast' in target ? ['>=', target.atLeast] : ['<=', target.atMost]
  return `${sign} ${bound} ${target.unit}`
}

/** Two digits that mean something. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
