import type { UnprovenBodies } from '../../relay/api/senders.ts'

/** Bytes of bodies that wait for their signature, over all connections: eight of the largest. */
export const MAX_UNPROVEN_BYTES = 24 * 1024 * 1024

/** The share of it that the connections of one address may take: two of the largest bodies. */
export const MAX_UNPROVEN_BYTES_OF_ONE = MAX_UNPROVEN_BYTES / 4

/**
 * Bounds the memory of bodies whose sender is not known yet: a signature is over the whole body, so
 * anybody may send one. They are counted as they arrive, so that who sends slowly takes nothing away
 * from others; and for each address, so that one sender cannot take all.
 */
export function createUnprovenBodies(): UnprovenBodies {
  let used = 0
  const usedBy = new Map<string, number>()
  return {
    open(address) {
      let own = 0
      const charge = (bytes: number) => {
        own += bytes
        used += bytes
        const ofAddress = (usedBy.get(address) ?? 0) + bytes
        if (ofAddress > 0) usedBy.set(address, ofAddress)
        else usedBy.delete(address)
      }
      return {
        take(bytes) {
          const ofAddress = (usedBy.get(address) ?? 0) + bytes
          if (used + bytes > MAX_UNPROVEN_BYTES) return false
          if (ofAddress > MAX_UNPROVEN_BYTES_OF_ONE) return false
          charge(bytes)
          return true
        },
        close: () => charge(-own),
      }
    },
  }
}
