const STRICT = new TextDecoder('utf-8', { fatal: true })

/** Decodes UTF-8; undefined when the bytes are not valid. A byte order mark is removed. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Decodes UTF-8 as Go's JSON decoder does: each byte that is not part of a valid sequence becomes
 * U+FFFD. (A browser's decoder makes a single one of all bytes of a truncated sequence.)
 */
export function repairUtf8(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? STRICT.decode(repaired(bytes))
}

/** The bytes of U+FFFD. */
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const

function repaired(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length * REPLACEMENT.length)
  let size = 0
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index)
    if (length === 0) {
      whole[size++] = REPLACEMENT[0]
      whole[size++] = REPLACEMENT[1]
      whole[size++] = REPLACEMENT[2]
      index += 1
      continue
    }
    for (const end = index + length; index < end; index += 1) whole[size++] = bytes[index] ?? 0
  }
  return whole.subarray(0, size)
}

/**
 * The length of the valid sequence that begins here; 0 when none does.
 * https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506, table 3-7
 */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const first = bytes[start] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || start + length > bytes.length) return 0
  const second = bytes[start + 1] ?? 0
  if (second < leastSecond(first) || second > mostSecond(first)) return 0
  for (let index = start + 2; index < start + length; index += 1) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return length
}

/** The least second byte, so that no character is encoded longer than necessary. */
function leastSecond(first: number): number {
  if (first === 0xe0) return 0xa0
  return first === 0xf0 ? 0x90 : 0x80
}

/** The greatest second byte, so that no character is a surrogate or above the last character. */
function mostSecond(first: number): number {
  if (first === 0xed) return 0x9f
  return first === 0xf4 ? 0x8f : 0xbf
}
