/**
 * The range of the texts that begin with a text of ASCII characters: from the first bound on, and before the
 * second. A condition on it is a search in an index, which `LIKE` and `substr` are not.
 */
export function prefixRange(prefix: string): readonly [from: string, before: string] {
  const last = prefix.length - 1
  return [prefix, prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)]
}
