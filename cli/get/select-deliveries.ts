import { PAGE_SIZE, type RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'

/** Which deliveries are wanted. */
export interface Selection {
  /** The parameters of `GET /v1/deliveries`. */
  readonly filters: Readonly<Record<string, string>>
  /** Those of Alerts of this namespace only. */
  readonly namespace: string | undefined
  readonly limit: number
  /** Most deliveries that are looked at: what fits may be rare. */
  readonly mostRead: number
  /** Whether those that fit of a page are the last that are wanted. */
  readonly isEnough?: (page: readonly Delivery[]) => boolean
}

/** The latest deliveries that fit. */
export interface Selected {
  readonly deliveries: readonly Delivery[]
  /** The reason why there may be more, as people read it; undefined when these are all. */
  readonly cut: string | undefined
}

/** Looks for deliveries, the latest first, until there are enough or enough were looked at. */
export async function selectDeliveries(
  api: Pick<RelayClient, 'deliveryPages'>,
  { filters, namespace, limit, mostRead, isEnough = () => false }: Selection,
): Promise<Selected> {
  const found: Delivery[] = []
  let read = 0
  for await (const { deliveries, nextCursor, reachedTime } of api.deliveryPages(filters)) {
    const page = deliveries.filter((it) => namespace === undefined || isOf(it, namespace))
    found.push(...page)
    read += PAGE_SIZE
    if (isEnough(page)) return { deliveries: found, cut: undefined }
    if (found.length > limit || (found.length === limit && nextCursor !== undefined)) {
      return { deliveries: found.slice(0, limit), cut: cutByLimit(limit) }
    }
    if (read >= mostRead && nextCursor !== undefined) {
      return { deliveries: found, cut: cutByReading(read, reachedTime) }
    }
  }
  return { deliveries: found, cut: undefined }
}

/** Whether a delivery is of an Alert of this namespace. */
export function isOf({ alert }: Delivery, namespace: string): boolean {
  return alert?.namespace === namespace
}

/** What a person is told of a list that has as many as were asked for. */
export function cutByLimit(limit: number): string {
  return `the latest ${limit} are shown, and there may be more: --limit shows more of them`
}

/** What a person is told of a list that ends where enough was read. */
export function cutByReading(read: number, reachedTime: string | undefined): string {
  const looked = `the latest ${read} deliveries were looked at`
  return reachedTime === undefined
    ? `${looked}; --until looks further back`
    : `${looked}, back to ${reachedTime}; --until ${reachedTime} goes on from there`
}
