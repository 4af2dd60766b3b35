/** Texts that follow each other, as bytes of UTF-8. */
export interface TextBytes {
  add(text: string): void
  /** How many bytes there are. */
  length(): number
  /** Gives the bytes, and begins anew. */
  take(): Uint8Array
}

/** The room for bytes that is kept between two takes. */
const KEPT_BYTES = 2 * 1024 * 1024

/** A UTF-16 unit has so many bytes in UTF-8 at most. */
const MOST_BYTES_OF_UNIT = 3

/**
 * Collects texts outside of the heap of JavaScript. Of many texts that wait there together, each collection of
 * young objects would copy every one.
 */
export function createTextBytes(): TextBytes {
  let room = Buffer.alloc(0)
  let length = 0
  return {
    add(text) {
      const most = length + text.length * MOST_BYTES_OF_UNIT
      if (most > room.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(most, 2 * room.length))
        room.copy(larger, 0, 0, length)
        room = larger
      }
      length += room.write(text, length)
    },
    length: () => length,
    take() {
      const bytes = Buffer.allocUnsafeSlow(length)
      room.copy(bytes, 0, 0, length)
      length = 0
      if (room.length > KEPT_BYTES) room = Buffer.alloc(0)
      return bytes
    },
  }
}
