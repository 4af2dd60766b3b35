import type { Books } from './books.ts'
import { OPERATOR_TOKEN } from './configuration.ts'

const AT_ONCE = 5

/** Asks for some of the latest deliveries again, whatever became of them. */
export async function replaySome(relay: string, books: Books): Promise<void> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` }
  const signal = AbortSignal.timeout(10_000)
  try {
    const page = await fetch(new URL(`/v1/deliveries?limit=${AT_ONCE}`, relay), { headers, signal })
    if (!page.ok) return
    const { deliveries } = (await page.json()) as { deliveries: readonly { id: string }[] }
    for (const { id } of deliveries) {
      const url = new URL(`/v1/deliveries/${encodeURIComponent(id)}/replay`, relay)
      const answer = await fetch(url, { method: 'POST', headers, signal })
      books.count(answer.ok ? 'replays' : `replays refused: ${answer.status}`)
    }
  } catch {
    // The relay is away; there is a next time.
  }
}
