import type { OpenedStream, StreamRequests } from '../../client/delivery-changes.ts'
import { readEvents } from '../../client/server-sent-events.ts'

/** How long the list of a page waits for a position, without which it is still a list. Milliseconds. */
const MOST_MS = 2_000

/**
 * The position of the latest change at a relay elsewhere: the first thing that a stream says. The relay remembers for
 * a minute what changes after it. Undefined where the relay has no stream, or no place left for one, or does not tell
 * soon enough. Never rejects.
 */
export async function streamPosition(
  requests: StreamRequests,
  mostMs = MOST_MS,
): Promise<string | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), mostMs)
  const opening = requests.openDeliveries(new URLSearchParams())
  try {
    return await Promise.race([opening.then(firstId), late.promise])
  } catch {
    // The list that is asked for next says why.
    return undefined
  } finally {
    clearTimeout(timer)
    opening.then(close, () => undefined)
  }
}

async function firstId(opened: OpenedStream): Promise<string | undefined> {
  if ('refusal' in opened) return undefined
  for await (const events of readEvents(opened.texts)) {
    const first = events.find(({ id }) => id !== undefined)
    if (first !== undefined) return first.id
  }
  return undefined
}

function close(opened: OpenedStream): void {
  if ('close' in opened) opened.close()
}
