/** Parses the value of a State item; undefined when it is not JSON, which no codec reads. */
export function parseState(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
