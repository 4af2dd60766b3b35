/** Undefined for a binary secret and for what is not JSON; the parser's own errors quote the text. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
