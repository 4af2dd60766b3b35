import { z } from 'zod'

/**
 * A string as every store and wire format can hold it. Lone surrogates, which JSON escapes can
 * contain, become U+FFFD, as in Go's JSON decoder.
 */
export const Text = z.string().transform((text) => text.toWellFormed())

/** A string that JSON may leave out or set to null, as Go's decoder allows. It is empty then. */
export const OptionalText = Text.nullish().transform((text) => text ?? '')

/** A map of strings. An absent or null map is empty. */
export const TextMap = z
  .record(z.string(), Text)
  .nullish()
  .transform((map) => map ?? {})

/** The longest name of a Kubernetes object, in UTF-16 units. */
export const MAX_NAME_LENGTH = 253

/** A non-empty string of at most `maxLength` UTF-16 units, as Kubernetes names are. */
export function NameText(maxLength = MAX_NAME_LENGTH) {
  return Text.pipe(z.string().min(1).max(maxLength))
}

/** Cuts to at most `maxUnits` UTF-16 units, never through a surrogate pair. */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text
  const last = text.charCodeAt(maxUnits - 1)
  const splitsPair = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, splitsPair ? maxUnits - 1 : maxUnits)
}

/** Cuts to at most `maxUnits` UTF-16 units. The last unit of a text that was cut is an ellipsis. */
export function ellipsize(text: string, maxUnits: number): string {
  return text.length <= maxUnits ? text : `${cutText(text, maxUnits - 1)}…`
}

/**
 * The start of a terminal sequence for colours and cursor moves, such as `ESC [31m`: ECMA-48, 5.4.
 */
const ESC = '\u001b'
const TERMINAL_SEQUENCE = new RegExp(`${ESC}\\[[0-?]{0,64}[ -/]{0,8}[@-~]`, 'g')

/** All characters of Unicode's class Cc except tab and line ends. */
const CONTROL = /(?![\t\n\r])\p{Cc}/gu

/**
 * A cheap test for any control character; most texts have none. Terminal sequences begin with one.
 */
const ANY_CONTROL = /[^\P{Cc}\t\n\r]/u

/**
 * The text without control characters, which no text needs. Many services refuse NUL, some refuse
 * all of them, and none shows any.
 */
export function withoutControls(text: string): string {
  if (!ANY_CONTROL.test(text)) return text
  return text.replace(TERMINAL_SEQUENCE, '').replace(CONTROL, '')
}
