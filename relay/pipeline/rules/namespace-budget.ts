/** The most places of the index that lists of namespaces may take in a cluster: some tens of megabytes. */
export const MAX_LISTED_SOURCES = 100_000

/**
 * Bounds the index of a cluster's sources, in which a source has one place for each namespace of its Alert's
 * list. Alerts are accepted in their order, so the same ones are accepted each time that a configuration is
 * compiled.
 */
export class NamespaceBudget {
  #left = MAX_LISTED_SOURCES

  /** Takes that many places; false, and takes none, when fewer are left. */
  take(places: number): boolean {
    if (places > this.#left) return false
    this.#left -= places
    return true
  }
}
