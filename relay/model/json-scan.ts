/** Codes of the characters that have a meaning in JSON. */
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
const BACKSLASH = 0x5c

/** The index of the closing quote of the string that begins at `start`; `end` when it has none before. */
export function endOfString(text: string, start: number, end = text.length): number {
  for (let at = start + 1; at < end; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at += 1
  }
  return end
}

/** The index of the first character from `start` that is not white space; `end` when there is none before. */
export function nextInk(text: string, start: number, end = text.length): number {
  let at = start
  while (at < end && isSpace(text.charCodeAt(at))) at += 1
  return at
}

/** Whether the character is white space: RFC 8259, section 2. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
