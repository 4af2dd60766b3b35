/**
 * Calls `call` for each item, at most `limit` at a time, and resolves with the results in the order
 * of the items. After a failure it starts no more, waits for those under way, and rejects.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = new Array(items.length)
  const failures: unknown[] = []
  const waiting = items.entries()
  const work = async () => {
    for (const [index, item] of waiting) {
      if (failures.length > 0) return
      try {
        results[index] = await call(item, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  if (failures.length > 0) throw failures[0]
  return results
}
