import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfString,
  nextInk,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-scan.ts'

/** How many characters are parsed without a pause: about a millisecond of work. */
const SLICE = 64 * 1024

/**
 * Parses a JSON object as `JSON.parse` does, in parts. It yields after each field, and after each
 * 64 kB of an array that is a field of the object itself. Throws `SyntaxError` for a text that is
 * not a JSON object.
 */
export function* parsingObject(
  text: string,
  slice = SLICE,
): Generator<void, Readonly<Record<string, unknown>>> {
  const entries: (readonly [string, unknown])[] = []
  let at = nextInk(text, 0)
  expect(text, at, OPEN_OBJECT)
  at = nextInk(text, at + 1)
  if (text.charCodeAt(at) === CLOSE_OBJECT) at += 1
  else {
    for (;;) {
      const keyEnd = endOfValue(text, at)
      const key: unknown = JSON.parse(text.slice(at, keyEnd))
      if (typeof key !== 'string') throw broken(at)
      at = nextInk(text, keyEnd)
      expect(text, at, COLON)
      at = nextInk(text, at + 1)
      const value =
        text.charCodeAt(at) === OPEN_ARRAY
          ? yield* parsingArray(text, at, slice)
          : { end: endOfValue(text, at), items: undefined }
      entries.push([key, value.items ?? JSON.parse(text.slice(at, value.end))])
      yield
      at = nextInk(text, value.end)
      if (text.charCodeAt(at) === CLOSE_OBJECT) break
      expect(text, at, COMMA)
      at = nextInk(text, at + 1)
    }
    at += 1
  }
  if (nextInk(text, at) < text.length) throw broken(at)
  return Object.fromEntries(entries)
}

/** Parses the array that begins at `start`. Returns it with the index after it. */
function* parsingArray(
  text: string,
  start: number,
  slice: number,
): Generator<void, { readonly end: number; readonly items: readonly unknown[] }> {
  const items: unknown[] = []
  let at = nextInk(text, start + 1)
  if (text.charCodeAt(at) === CLOSE_ARRAY) return { end: at + 1, items }
  for (let sliceStart = at; ; ) {
    at = nextInk(text, endOfValue(text, at))
    const isLast = text.charCodeAt(at) === CLOSE_ARRAY
    if (!isLast) expect(text, at, COMMA)
    if (isLast || at - sliceStart >= slice) {
      // Else a comma without a value behind it would be taken where a slice begins.
      if (nextInk(text, sliceStart) === at) throw broken(at)
      // One by one: as arguments of a function there may be too many.
      for (const item of JSON.parse(`[${text.slice(sliceStart, at)}]`)) items.push(item)
      if (isLast) return { end: at + 1, items }
      yield
      sliceStart = at + 1
    }
    at += 1
  }
}

/**
 * The index after the value that begins at `start`: the next comma, colon or closing bracket
 * outside of the value.
 */
function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth += 1
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      if (depth === 0) return at
      depth -= 1
    } else if (depth === 0 && (code === COMMA || code === COLON)) return at
  }
  throw broken(text.length)
}

function expect(text: string, at: number, code: number): void {
  if (text.charCodeAt(at) !== code) throw broken(at)
}

function broken(at: number): SyntaxError {
  return new SyntaxError(`not a JSON object, at position ${at}`)
}
