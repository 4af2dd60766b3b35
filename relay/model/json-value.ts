/** A JSON object of whose fields nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether the value is a JSON object, so neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of a JSON text; undefined for any other text. No JSON text has the value undefined. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
