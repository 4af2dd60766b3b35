/** What the order of replays depends on. */
interface Replayed {
  readonly id: string
  /** The delivery in whose message this one was told. */
  readonly toldIn?: string | undefined
}

/**
 * The same deliveries with each one that sends the message of a group before those that were told in it: once that is
 * replayed, the others are told in it again, and not by themselves.
 */
export function messagesFirst<R extends Replayed>(deliveries: readonly R[]): readonly R[] {
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  const ordered = new Set<R>()
  for (const delivery of deliveries) {
    const sender = byId.get(delivery.toldIn ?? '')
    if (sender !== undefined) ordered.add(sender)
    ordered.add(delivery)
  }
  return [...ordered]
}
