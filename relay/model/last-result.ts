/**
 * A function that remembers its last result, for texts that mostly come several times in a row: the address of
 * a destination, the host of a request. The text and its result stay in memory until another text comes.
 */
export function rememberLast<T>(compute: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly result: T } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, result: compute(text) }
    return last.result
  }
}
