import { z } from 'zod'
import { jsonValue } from '../../model/json-value.ts'
import { ellipsize } from '../../model/text.ts'
import type { HttpResponse } from '../../ports/http.ts'

/** The most UTF-16 units of a service's own words in a reason. */
const MAX_LENGTH = 200

/**
 * The longest plain text that is quoted. Longer ones are pages or dumps, and not a sentence about
 * the request.
 */
const MAX_PLAIN_LENGTH = 2_000

/**
 * What a service says in an error answer, for a reason: in JSON (see `serviceMessage`), or in plain
 * text such as Slack's `invalid_payload`. Undefined for a page, for bytes, and for a truncated
 * body.
 */
export function serviceWords({ body, truncated }: HttpResponse): string | undefined {
  return serviceMessage(body) ?? (truncated ? undefined : plainText(body))
}

/** The text, if it is neither markup nor JSON, or is a JSON string. */
function plainText(body: string): string | undefined {
  const text = body.trim()
  if (text.length > MAX_PLAIN_LENGTH || /^[<{[]|[^\P{Cc}\s]|\ufffd/u.test(text)) return undefined
  return quotable(text.startsWith('"') ? jsonString(text) : text) || undefined
}

function jsonString(text: string): string {
  const value = jsonValue(text)
  return typeof value === 'string' ? value : ''
}

/**
 * What a service says in a JSON error answer: `message`, `error`, `msg`, `description`, `detail` or
 * `title`, as text or as an object with a message, and the `errors` or `causes` that it lists; or else
 * the errors of its fields.
 * Undefined when the body is not JSON, for example because it was truncated.
 */
export function serviceMessage(body: string): string | undefined {
  if (!body.trimStart().startsWith('{')) return undefined
  try {
    return quotable(messageOf(jsonValue(body)) ?? '') || undefined
  } catch {
    // Nested deeper than can be written again.
    return undefined
  }
}

/** A service's own words, for a reason: in one line, and cut when they are long. */
export function quotable(text: string): string {
  return ellipsize(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), MAX_LENGTH)
}

function messageOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined
  const { message, error, msg, description, detail, title } = value
  const said = textOf(message ?? error ?? msg ?? description ?? detail ?? title ?? undefined)
  const told = [said, detailsOf(value.errors ?? value.causes)].filter(Boolean).join(': ')
  return told === '' ? fieldErrorsOf(value) : told
}

const FieldErrors = z.record(z.string(), z.array(z.string()).min(1))

/** The errors of an answer that lists them by the field and has nothing else, as some of Discord's do. */
function fieldErrorsOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const fields = FieldErrors.safeParse(value)
  if (!fields.success) return undefined
  const texts = Object.entries(fields.data).map(
    ([field, errors]) => `${field}: ${errors.join(' ')}`,
  )
  return texts.join('; ')
}

/**
 * The texts of a list, as in GitHub's answers, or of an object with a text for each field, as in
 * Opsgenie's.
 */
function detailsOf(errors: unknown): string | undefined {
  if (Array.isArray(errors)) return errors.map(textOf).join('; ')
  return isRecord(errors) ? textOf(errors) : undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (isRecord(value) && typeof value.message === 'string') return value.message
  return JSON.stringify(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
