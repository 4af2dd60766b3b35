/** The value of a JSON text; undefined for what is none. No JSON text has that value. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
