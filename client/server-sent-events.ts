/** An event of a stream of Server-Sent Events. */
export interface ServerSentEvent {
  /** Where a client that comes back goes on. */
  readonly id?: string
  /** The name of the event; absent in one that has none. */
  readonly event?: string
  /** The data; empty in an event that has none. */
  readonly data: string
}

/** The most characters of one event. A delivery has a hundredth of them. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024

/**
 * Reads the events of a stream, those of each part of it together. Throws when an event has too many characters.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readEvents(
  texts: AsyncIterable<string>,
): AsyncIterable<readonly ServerSentEvent[]> {
  let rest = ''
  for await (const text of texts) {
    const blocks = (rest + text).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    if (rest.length > MAX_EVENT_LENGTH) throw new Error('an event of the stream is too long')
    yield blocks.map(eventOf)
  }
}

function eventOf(block: string): ServerSentEvent {
  const fields = block.split(/\r?\n/).map((line) => {
    const colon = line.indexOf(':')
    if (colon < 0) return [line, ''] as const
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')] as const
  })
  const lastOf = (wanted: string) => fields.findLast(([name]) => name === wanted)?.[1]
  const [id, event] = [lastOf('id'), lastOf('event')]
  const data = fields.flatMap(([name, value]) => (name === 'data' ? [value] : [])).join('\n')
  return { ...(id !== undefined && { id }), ...(event !== undefined && { event }), data }
}
