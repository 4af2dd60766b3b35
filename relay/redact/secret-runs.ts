import { encodedForms } from './secret-forms.ts'
import { type SecretPiece, secretPieces } from './secret-pieces.ts'

/**
 * The length of a run. So many successive characters of a secret are masked, wherever they stand in
 * it.
 */
export const RUN_LENGTH = 8

/**
 * The most characters of one Provider's secrets from which runs are made; each takes 60 bytes. A
 * key has at most 10,000.
 */
const MAX_CHARACTERS = 100_000

/**
 * The longest text whose encoded forms get runs too. Longer ones get runs of the text as it is
 * only.
 */
const MAX_ENCODED_LENGTH = 8_192

/**
 * The runs of `RUN_LENGTH` characters of secrets. With them a service that echoes a part of a
 * secret shows at most seven characters of it. Public text beside secrets has no runs: the names of
 * fields of JSON, queries, cookies and headers, schemes and hosts, and the plain words of a path.
 */
export function runsOf(values: readonly string[]): ReadonlySet<string> {
  const runs = new Set<string>()
  let left = MAX_CHARACTERS
  for (const { text, isSecretAt } of values.flatMap(secretPieces).flatMap(formsOf)) {
    addRuns(runs, text.slice(0, left), isSecretAt)
    left -= Math.min(text.length, left)
  }
  return runs
}

/** A form of a secret piece, and which of its characters are secret. */
interface Form {
  readonly text: string
  isSecretAt(index: number): boolean
}

function formsOf({ kind, text }: SecretPiece): readonly Form[] {
  if (kind === 'text') return encoded(text)
  const segments = text.split('/').filter((segment) => !isWord(segment))
  // Its escapes are resolved in the text in which it is looked for.
  return [{ text, isSecretAt: beyondWords(text) }, ...segments.flatMap(encoded)]
}

function encoded(text: string): readonly Form[] {
  const texts = text.length > MAX_ENCODED_LENGTH ? [text] : new Set(encodedForms(text))
  return [...texts].map((form) => ({ text: form, isSecretAt: () => true }))
}

/** Adds the runs of a text that contain at least one secret character. */
function addRuns(runs: Set<string>, text: string, isSecretAt: Form['isSecretAt']): void {
  let lastSecret = -1
  for (let end = 1; end <= text.length; end += 1) {
    if (isSecretAt(end - 1)) lastSecret = end - 1
    const start = end - RUN_LENGTH
    if (start >= 0 && lastSecret >= start) runs.add(text.slice(start, end))
  }
}

/** A plain word of a path, as in `/services/`, `/v1/` or `/webhookb2/`. */
const WORD = /^(?:[a-z_.-]{0,15}|[a-z]{1,9}\d{1,2})$/

function isWord(segment: string): boolean {
  return WORD.test(segment)
}

/**
 * Returns a test for the characters of a path that belong to no plain word and no slash behind one.
 */
function beyondWords(path: string): (index: number) => boolean {
  const isSecret = path.split('/').flatMap((segment) => {
    const isOfSecret = !isWord(segment)
    return [...new Array<boolean>(segment.length).fill(isOfSecret), false]
  })
  return (index) => isSecret[index] === true
}
