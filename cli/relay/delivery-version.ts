import type { Delivery } from '../../relay/api/schemas/deliveries.ts'

/** A text that is another one once anything happened to the delivery. */
export function versionOf({ updatedAt, outcome, attempt, tries }: Delivery): string {
  return [updatedAt, outcome, attempt, tries].join()
}
