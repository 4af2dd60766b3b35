/** It sorts after every text of ASCII characters. */
const AFTER_ALL_TEXTS = '\u0080'

/**
 * The range of the texts of ASCII characters that begin with such a text: from the first bound on, and before the
 * second. A condition on it is a search in an index, which `LIKE` and `substr` are not.
 */
export function prefixRange(prefix: string): readonly [from: string, before: string] {
  if (prefix === '') return ['', AFTER_ALL_TEXTS]
  const last = prefix.length - 1
  return [prefix, prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)]
}
