import { ellipsize } from '../../model/text.ts'

/** Most UTF-16 units of a service's own words that a reason repeats. */
const MAX_LENGTH = 200

/**
 * What a service says in an error answer of JSON: `message`, `error`, `msg` or `description`, as text
 * or as an object that has a message, and beside it the `errors` that GitHub lists. Undefined when the
 * body is not JSON, for example because it was cut off.
 */
export function serviceMessage(body: string): string | undefined {
  if (!body.trimStart().startsWith('{')) return undefined
  try {
    return quotable(messageOf(JSON.parse(body)) ?? '') || undefined
  } catch {
    return undefined
  }
}

/** A service's own words for a reason: in one line, and not too many. */
export function quotable(text: string): string {
  return ellipsize(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), MAX_LENGTH)
}

function messageOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined
  const { message, error, msg, description } = value
  const said = textOf(message ?? error ?? msg ?? description ?? undefined)
  const details = Array.isArray(value.errors) ? value.errors.map(textOf).join('; ') : ''
  return [said, details].filter(Boolean).join(': ')
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (isRecord(value) && typeof value.message === 'string') return value.message
  return JSON.stringify(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
