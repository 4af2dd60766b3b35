import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  endOfString,
  nextInk,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../model/json-scan.ts'
import { MAX_NESTING } from './json.ts'

/**
 * The place of a JSON value in a text, and how many values it contains. The text may turn out not
 * to be JSON.
 */
export interface JsonSpan {
  readonly start: number
  /** The index after its last character. */
  readonly end: number
  /** The number of values, itself included. It may be wrong for a text that is not JSON. */
  readonly values: number
  readonly isTooDeep: boolean
}

/** What a text may contain at most. */
export interface SpanLimits {
  readonly items: number
  readonly values: number
}

/**
 * The spans, or why there are none. `brokenAt` is the index before which the text is not JSON.
 * `items` and `values` mean that it contains more than it may.
 */
export type Spans =
  | readonly JsonSpan[]
  | { readonly brokenAt: number }
  | { readonly tooMany: 'items' | 'values' }

/**
 * The elements of a JSON array whose opening bracket is at `start`. Only the spans are made, so a
 * text with millions of values costs no more than its length. Each element must still be parsed:
 * its span is right only if it is JSON.
 */
export function elementSpans(text: string, start: number, limits: SpanLimits): Spans {
  const spans: JsonSpan[] = []
  let left = limits.values
  for (let at = start + 1; ; ) {
    const span = spanUntil(text, at, left)
    if (span === 'values') return { tooMany: span }
    const closing = text.charCodeAt(span.end)
    const isEmpty = isBlank(text, at, span.end)
    if (isEmpty && !(closing === CLOSE_ARRAY && spans.length === 0)) return { brokenAt: span.end }
    if (!isEmpty) spans.push(span)
    if (spans.length > limits.items) return { tooMany: 'items' }
    if (closing === CLOSE_ARRAY) {
      const next = nextInk(text, span.end + 1, text.length)
      return next === text.length ? spans : { brokenAt: next }
    }
    if (closing !== COMMA) return { brokenAt: span.end }
    left -= span.values
    at = span.end + 1
  }
}

/** The lines of a text that are not blank. A line is a span whatever it contains. */
export function lineSpans(
  text: string,
  limits: SpanLimits,
): Exclude<Spans, { readonly brokenAt: number }> {
  const spans: JsonSpan[] = []
  let left = limits.values
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    if (!isBlank(text, start, end)) {
      const span = wholeSpan(text, start, end, left)
      if (span === 'values') return { tooMany: span }
      spans.push(span)
      left -= span.values
    }
    if (spans.length > limits.items) return { tooMany: 'items' }
    start = end + 1
  }
  return spans
}

/** The span of a text from `start` to `end`, taken as one value. */
export function wholeSpan(
  text: string,
  start: number,
  end: number,
  mostValues: number,
): JsonSpan | 'values' {
  return spanUntil(text, start, mostValues, end)
}

/**
 * The span of the value from `start` to `end`. Without `end` it ends at the comma or bracket after
 * an element, or at the end of the text.
 */
function spanUntil(
  text: string,
  start: number,
  mostValues: number,
  end?: number,
): JsonSpan | 'values' {
  const last = end ?? text.length
  let values = 1
  let depth = 0
  let isTooDeep = false
  let at = start
  for (; at < last; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at, last)
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      values += 1
      depth += 1
      isTooDeep ||= depth > MAX_NESTING
    } else if (code === COMMA) {
      if (depth === 0 && end === undefined) break
      values += 1
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      if (depth === 0 && end === undefined) break
      depth -= 1
    }
    if (values > mostValues) return 'values'
  }
  return { start, end: Math.min(at, last), values, isTooDeep }
}

function isBlank(text: string, start: number, end: number): boolean {
  return nextInk(text, start, end) === end
}
