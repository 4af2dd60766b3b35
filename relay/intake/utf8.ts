const STRICT = new TextDecoder('utf-8', { fatal: true })

/** Decodes UTF-8; undefined when it is not. A byte order mark is left out. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Decodes UTF-8 as Go's JSON decoder does: each byte that is no part of a valid sequence becomes
 * U+FFFD. (A browser's decoder makes one of all bytes of a sequence that is cut.)
 */
export function repairUtf8(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? STRICT.decode(repaired(bytes))
}

const REPLACEMENT = [0xef, 0xbf, 0xbd] as const

function repaired(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length * REPLACEMENT.length)
  let size = 0
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index)
    if (length === 0) {
      whole.set(REPLACEMENT, size)
      size += REPLACEMENT.length
      index += 1
      continue
    }
    for (const end = index + length; index < end; index += 1) whole[size++] = bytes[index] ?? 0
  }
  return whole.subarray(0, size)
}

/**
 * First byte up to which, length of the sequence, and the least and the largest second byte.
 * https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506, table 3-7
 */
const SEQUENCES: ReadonlyArray<readonly [number, number, number, number]> = [
  [0x7f, 1, 0x80, 0xbf],
  [0xc1, 0, 0x80, 0xbf],
  [0xdf, 2, 0x80, 0xbf],
  [0xe0, 3, 0xa0, 0xbf],
  [0xec, 3, 0x80, 0xbf],
  [0xed, 3, 0x80, 0x9f],
  [0xef, 3, 0x80, 0xbf],
  [0xf0, 4, 0x90, 0xbf],
  [0xf3, 4, 0x80, 0xbf],
  [0xf4, 4, 0x80, 0x8f],
]

/** Bytes of the valid sequence that begins here; 0 when none does. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const first = bytes[start] ?? 0
  const [, length, least, most] = SEQUENCES.find(([last]) => first <= last) ?? [0, 0, 0, 0]
  if (length < 2) return length
  const second = bytes[start + 1] ?? 0
  if (second < least || second > most) return 0
  for (let index = start + 2; index < start + length; index += 1) {
    const next = bytes[index] ?? 0
    if (next < 0x80 || next > 0xbf) return 0
  }
  return length
}
