import { type OutputFormat, print, warnLine } from '../output/print.ts'
import { printItems } from '../output/print-items.ts'

/** How things of one kind are printed. */
export interface ListForm<T> {
  /** A table with a heading, of one line for each. */
  table(items: readonly T[], isWide: boolean): string
  /** What a person is told when there are none. */
  readonly none: string
}

/** With how many rows before them the columns of new rows are aligned. */
const MOST_ALIGNED = 50

/** Prints a list. */
export async function printList<T>(
  items: readonly T[],
  output: OutputFormat,
  { table, none }: ListForm<T>,
): Promise<void> {
  if (output === 'json' || output === 'yaml') return printItems(items, output)
  if (items.length === 0) return warnLine(none)
  print(table(items, output === 'wide'))
}

/**
 * Makes what prints more after a list that was printed: rows without the heading, unless it had none, in columns as
 * wide as those of the rows before them.
 */
export function morePrinter<T>(
  printed: readonly T[],
  output: OutputFormat,
  form: ListForm<T>,
): (items: readonly T[]) => Promise<void> {
  let before = printed.slice(0, MOST_ALIGNED)
  return async (items) => {
    const isDocument = output === 'json' || output === 'yaml'
    if (isDocument || before.length === 0) await printList(items, output, form)
    else {
      const lines = form.table([...before, ...items], output === 'wide').split('\n')
      print(lines.slice(1 + before.length).join('\n'))
    }
    before = [...before, ...items].slice(-MOST_ALIGNED)
  }
}
