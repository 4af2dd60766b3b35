import { type DecodedText, decodings } from './decoded-text.ts'
import { secretForms } from './secret-forms.ts'
import { RUN_LENGTH, runsOf } from './secret-runs.ts'

const MASK = '***'

/**
 * The shortest value that is masked. Shorter ones would mask half of every sentence, and no
 * credential is that short.
 */
const MIN_LENGTH = 4

/**
 * The mark of a place where the relay has cut a text. The text before it may be the beginning of a
 * secret.
 */
const ELLIPSIS = '…'

/** Masks the secrets in a text. */
export type Redact = (text: string) => string

/** Masks nothing. It is for texts that were made before any secret was read. */
export const redactNothing: Redact = (text) => text

/**
 * Makes a redactor for the secrets of one delivery. It masks each value as it is, in base64, and
 * behind the escapes of JSON, URLs and HTML; each part of a value that may be a credential by
 * itself, since services echo single parts; any eight successive characters of a secret; and the
 * beginning of a value where a text ends or was cut.
 */
export function createRedactor(values: readonly string[]): Redact {
  const secrets = [...new Set(values)].filter((value) => value.length >= MIN_LENGTH)
  if (secrets.length === 0) return redactNothing
  // Made when first used: most Providers of a large configuration never are.
  let known: KnownSecrets | undefined
  return (text) => {
    known ??= { forms: indexForms(secrets), runs: runsOf(secrets) }
    return masked(text, secretSpans(text, known))
  }
}

interface KnownSecrets {
  readonly forms: FormsByStart
  readonly runs: ReadonlySet<string>
}

/** The forms by their first characters, so that the time of a search depends on the text only. */
type FormsByStart = ReadonlyMap<string, readonly string[]>

function indexForms(values: readonly string[]): FormsByStart {
  const forms = new Set(values.flatMap(secretForms).filter((form) => form.length >= MIN_LENGTH))
  return Map.groupBy(forms, (form) => form.slice(0, MIN_LENGTH))
}

/** A range from `start` to before `end`, in UTF-16 units of the text that is masked. */
interface Span {
  readonly start: number
  readonly end: number
}

function secretSpans(text: string, known: KnownSecrets): readonly Span[] {
  return decodings(text)
    .flatMap((decoded) => [...formsIn(decoded, known.forms), ...runsIn(decoded, known.runs)])
    .sort((a, b) => a.start - b.start)
}

function runsIn({ text, offsetOf }: DecodedText, runs: ReadonlySet<string>): readonly Span[] {
  const spans: Span[] = []
  for (let at = 0; at + RUN_LENGTH <= text.length; at += 1) {
    const end = at + RUN_LENGTH
    if (runs.has(text.slice(at, end))) spans.push({ start: offsetOf(at), end: offsetOf(end) })
  }
  return spans
}

function formsIn({ text, offsetOf }: DecodedText, forms: FormsByStart): readonly Span[] {
  const spans: Span[] = []
  let cutAt = -1
  for (let at = 0; at + MIN_LENGTH <= text.length; at += 1) {
    const candidates = forms.get(text.slice(at, at + MIN_LENGTH))
    if (!candidates) continue
    if (cutAt < at) cutAt = nextCut(text, at)
    const end = Math.max(...candidates.map((form) => endOfForm(text, at, cutAt, form)))
    if (end > at) spans.push({ start: offsetOf(at), end: offsetOf(end) })
  }
  return spans
}

function nextCut(text: string, from: number): number {
  const at = text.indexOf(ELLIPSIS, from)
  return at < 0 ? text.length : at
}

/**
 * The index after a form that begins at `at`, also when the text is cut before the form's end; `at`
 * when the form does not begin there.
 */
function endOfForm(text: string, at: number, cutAt: number, form: string): number {
  if (text.startsWith(form, at)) return at + form.length
  const length = cutAt - at
  const isCut = length >= MIN_LENGTH && length < form.length
  return isCut && form.startsWith(text.slice(at, cutAt)) ? cutAt : at
}

/**
 * The text with each group of touching spans replaced by one mask. The spans must be sorted by
 * their starts.
 */
function masked(text: string, spans: readonly Span[]): string {
  const parts: string[] = []
  let shownTo = 0
  let maskedTo = -1
  for (const { start, end } of spans) {
    if (start > maskedTo) {
      parts.push(text.slice(shownTo, start), MASK)
    }
    maskedTo = Math.max(maskedTo, end)
    shownTo = maskedTo
  }
  return parts.join('') + text.slice(shownTo)
}
