import { encodedForms } from './secret-forms.ts'
import { type SecretPiece, secretPieces } from './secret-pieces.ts'

/** A run of so many characters of a secret is masked, wherever in it the run stands. */
export const RUN_LENGTH = 8

/** Most characters that runs of one Provider's secrets are made of, at 60 bytes each. A key has 10,000. */
const MAX_CHARACTERS = 100_000

/** Of a longer text, runs are known as it is written only, and in no encoding. */
const MAX_ENCODED_LENGTH = 8_192

/**
 * The runs of `RUN_LENGTH` characters of secrets, so that a service that echoes a part of one shows
 * no more than seven characters of it. What stands beside secrets has none: the names of the fields of
 * JSON, queries, cookies and headers, schemes and hosts, and the plain words of a path.
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

/** A form of a piece, and which of its characters are secret. */
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

/** Adds the runs of a text that hold at least one character which is secret. */
function addRuns(runs: Set<string>, text: string, isSecretAt: Form['isSecretAt']): void {
  let lastSecret = -1
  for (let end = 1; end <= text.length; end += 1) {
    if (isSecretAt(end - 1)) lastSecret = end - 1
    const start = end - RUN_LENGTH
    if (start >= 0 && lastSecret >= start) runs.add(text.slice(start, end))
  }
}

/** As in `/services/`, `/v1/` or `/webhookb2/`, which paths have in common. */
const WORD = /^(?:[a-z_.-]{0,15}|[a-z]{1,9}\d{1,2})$/

function isWord(segment: string): boolean {
  return WORD.test(segment)
}

/** Tells which characters of a path are of no plain word, and no slash behind one. */
function beyondWords(path: string): (index: number) => boolean {
  const isSecret = path.split('/').flatMap((segment) => {
    const isOfSecret = !isWord(segment)
    return [...new Array<boolean>(segment.length).fill(isOfSecret), false]
  })
  return (index) => isSecret[index] === true
}
