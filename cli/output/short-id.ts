/** So many characters of a SHA-256 tell apart far more deliveries than a relay has. */
const SHOWN = 12

/** An id as tables show it. */
export function shortId(id: string): string {
  return id.slice(0, SHOWN)
}
