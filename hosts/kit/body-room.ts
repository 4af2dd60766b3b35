import type { BodyRoom } from '../../relay/api/http.ts'

/** Bytes of the large bodies of known senders, over all connections. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024

/** The share of it that the connections of one cluster may take: eight of the largest bodies with events. */
export const MAX_BODY_BYTES_OF_ONE = 24 * 1024 * 1024

/**
 * Bounds the memory of bodies, to `most` bytes over all senders and `mostOfOne` of one of them, so that one sender
 * cannot take all. They are counted as they arrive, so that who sends slowly takes nothing away from others.
 */
export function createBodyRoom(most = MAX_BODY_BYTES, mostOfOne = MAX_BODY_BYTES_OF_ONE): BodyRoom {
  let used = 0
  const usedBy = new Map<string, number>()
  return {
    open(sender) {
      let own = 0
      const charge = (bytes: number) => {
        own += bytes
        used += bytes
        const ofSender = (usedBy.get(sender) ?? 0) + bytes
        if (ofSender > 0) usedBy.set(sender, ofSender)
        else usedBy.delete(sender)
      }
      return {
        take(bytes) {
          const ofSender = (usedBy.get(sender) ?? 0) + bytes
          if (used + bytes > most || ofSender > mostOfOne) return false
          charge(bytes)
          return true
        },
        close: () => charge(-own),
      }
    },
  }
}
