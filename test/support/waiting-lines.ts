import type { PlaceInLine, WaitingDelivery, WaitingLines } from '../../relay/ports/waiting-lines.ts'

/** What waits in a store, in memory. Its answers come as late as `pause` says. */
export class MemoryWaitingLines implements WaitingLines {
  readonly rows = new Map<string, WaitingDelivery & { readonly destination: string }>()
  readonly reads: { readonly destination: string; readonly limit: number }[] = []
  pause: () => Promise<void> = async () => undefined
  isFailing = false

  put(destination: string, delivery: WaitingDelivery): void {
    this.rows.set(delivery.id, { ...delivery, destination })
  }

  async destinations(): Promise<readonly string[]> {
    return [...new Set([...this.rows.values()].map(({ destination }) => destination))].sort()
  }

  async page(destination: string, after: PlaceInLine | undefined, limit: number) {
    this.reads.push({ destination, limit })
    const place = after && placeOf(after)
    const rows = [...this.rows.values()]
      .filter((row) => row.destination === destination)
      .filter((row) => place === undefined || placeOf(row) > place)
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
      .slice(0, limit)
      .map(({ destination: _, ...delivery }) => delivery)
    await this.pause()
    if (this.isFailing) throw new Error('the store fails')
    return rows
  }
}

function placeOf({ order, id }: PlaceInLine): string {
  return `${order} ${id}`
}
