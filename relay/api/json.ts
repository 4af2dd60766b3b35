/** A place in a text. Lines and columns count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

const BEGINNING: TextPlace = { line: 1, column: 1 }

/**
 * Parses JSON. The error tells where the text breaks, and quotes nothing, since the text may hold
 * secrets. `origin` is the place at which the text begins within the whole, and `say` writes the place of an error.
 */
export function parseJson(
  text: string,
  origin = BEGINNING,
  say = placeText,
): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { error: `not valid JSON${place(error, origin, say)}` }
  }
}

/**
 * The place in an error of V8, such as `at position 12 (line 1 column 13)`. Some errors have none.
 */
const PLACE = /\(line (\d+) column (\d+)\)$/

function place(error: unknown, origin: TextPlace, say: typeof placeText): string {
  const message = error instanceof Error ? error.message : ''
  const [, line, column] = PLACE.exec(message) ?? []
  if (line === undefined) {
    return message === 'Unexpected end of JSON input' ? ': it ends too early' : ''
  }
  const columnsBefore = line === '1' ? origin.column - 1 : 0
  return say({
    line: Number(line) + origin.line - 1,
    column: Number(column) + columnsBefore,
  })
}

/** The place as text: ` at line 2, column 5`. */
export function placeText({ line, column }: TextPlace): string {
  return ` at line ${line}, column ${column}`
}

/** The place of an index in a text. */
export function placeOf(text: string, index: number): TextPlace {
  let line = 1
  let start = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', start)) {
    line += 1
    start = at + 1
  }
  return { line, column: index - start + 1 }
}

/** Whether objects and arrays nest more than `levels` deep. No real object does. */
export function nestsDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((part) => nestsDeeperThan(part, levels - 1))
}

/**
 * The deepest nesting. It is more than any Kubernetes object has, and few enough for recursive
 * functions.
 */
export const MAX_NESTING = 100

/**
 * Whether a JSON text has more than `count` values. It is not parsed: an empty array of two bytes
 * takes 40 once it is. The count may be wrong for a text that is not JSON.
 */
export function hasMoreValuesThan(text: string, count: number): boolean {
  if (text.length <= count) return false
  let values = 1
  let isInString = false
  for (let index = 0; index < text.length && values <= count; index += 1) {
    const char = text[index]
    if (char === '"') isInString = !isInString
    else if (isInString) index += char === '\\' ? 1 : 0
    else if (char === ',' || char === '[' || char === '{') values += 1
  }
  return values > count
}
