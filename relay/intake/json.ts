/** A JSON object whose fields are not yet looked at. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Parses JSON. The error says where it breaks, and quotes nothing: the text may hold secrets. */
export function parseJson(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { error: `not valid JSON${place(error)}` }
  }
}

/** V8 names the place in words such as `at position 12 (line 1 column 13)`, but not always. */
const PLACE = /\(line (\d+) column (\d+)\)$/

function place(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const [, line, column] = PLACE.exec(message) ?? []
  if (line !== undefined) return ` at line ${line}, column ${column}`
  return message === 'Unexpected end of JSON input' ? ': it ends too early' : ''
}

/** Whether the value is a JSON object, so neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether objects and arrays nest more than `levels` deep, which no real object does. */
export function nestsDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((part) => nestsDeeperThan(part, levels - 1))
}

/** More levels than any Kubernetes object has, and few enough for every recursive function. */
export const MAX_NESTING = 100

/**
 * Whether a JSON text has more than `count` values, without parsing it: an empty array of two bytes
 * takes 40 when it is parsed. What is no JSON may be counted wrongly.
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
