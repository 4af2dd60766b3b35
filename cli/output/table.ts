import { onOneLine } from './line.ts'

/** Rows of text under a heading, each column as wide as its widest cell. */
export function formatTable(
  heading: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
): string {
  const lines = [heading, ...rows].map((row) => row.map(onOneLine))
  const widths = heading.map((_, column) => Math.max(...lines.map((row) => width(row[column]))))
  return lines
    .map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('   '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function pad(cell: string, columns: number): string {
  return cell + ' '.repeat(columns - width(cell))
}

/** In characters as a person counts them, nearly. */
function width(cell = ''): number {
  return [...cell].length
}
