import { onOneLine } from './line.ts'

/** A column that may be made narrower, down to `least` characters. */
export interface Cut {
  readonly heading: string
  readonly least: number
  /** Which end of a text is left out; the end by default. */
  readonly from?: 'start' | 'end'
}

/** What a table may take of a line. */
export interface Fit {
  /** Most characters of a line. */
  readonly width: number
  /** What is cut first, then next. One column may stand there several times. */
  readonly cuts: readonly Cut[]
}

type Line = readonly string[]

const GAP = '   '

/** Stands between the columns of a table that has to fit. */
const NARROW_GAP = '  '

/** Rows of text under a heading, each column as wide as its widest cell, or narrower to fit. */
export function formatTable(heading: Line, rows: readonly Line[], fit?: Fit): string {
  const lines = [heading, ...rows].map((row) => row.map(onOneLine))
  const shown = fit ? cutLines(heading, lines, fit) : lines
  const widths = widthsOf(shown)
  return shown
    .map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)))
    .map((row) => `${row.join(fit ? NARROW_GAP : GAP).trimEnd()}\n`)
    .join('')
}

function cutLines(heading: Line, lines: readonly Line[], { width: most, cuts }: Fit) {
  const widths = [...widthsOf(lines)]
  const gaps = (widths.length - 1) * NARROW_GAP.length
  let tooMany = widths.reduce((sum, width) => sum + width, gaps) - most
  for (const { heading: name, least } of cuts) {
    const column = heading.indexOf(name)
    const wide = widths[column] ?? 0
    const cut = Math.min(Math.max(0, tooMany), Math.max(0, wide - least))
    widths[column] = wide - cut
    tooMany -= cut
  }
  const starts = new Set(cuts.filter(({ from }) => from === 'start').map(({ heading }) => heading))
  return lines.map((line) =>
    line.map((cell, column) =>
      cutTo(cell, widths[column] ?? 0, starts.has(heading[column] ?? '') ? 'start' : 'end'),
    ),
  )
}

function cutTo(cell: string, columns: number, from: 'start' | 'end'): string {
  const characters = [...cell]
  if (characters.length <= columns) return cell
  const kept = columns - 1
  return from === 'end'
    ? `${characters.slice(0, kept).join('').trimEnd()}…`
    : `…${characters.slice(characters.length - kept).join('')}`
}

function widthsOf(lines: readonly Line[]): readonly number[] {
  const [heading = []] = lines
  // Not as arguments of one call, which takes no more than a hundred thousand.
  return heading.map((_, column) =>
    lines.reduce((widest, row) => Math.max(widest, width(row[column])), 0),
  )
}

function pad(cell: string, columns: number): string {
  return cell + ' '.repeat(columns - width(cell))
}

/** The width in characters, nearly as people count them. */
function width(cell = ''): number {
  return [...cell].length
}
