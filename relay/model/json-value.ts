/** The value of a JSON text; undefined for any other text. No JSON text has the value undefined. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
