import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseDocuments } from '../../../hosts/embedded/manifests/documents.ts'
import { jsonLines } from '../reference-program.ts'

/** What kubectl's decoder made of a text: the values of its documents, or why it has none. */
export const DocumentRow = z.object({
  yaml: z.string(),
  json: z.array(z.unknown()).optional(),
  error: z.string().optional(),
})
export type DocumentRow = z.infer<typeof DocumentRow>

/** The table that `main.go` made of its own texts. */
export function readDocumentTable(): readonly DocumentRow[] {
  const text = readFileSync(join(import.meta.dirname, 'documents.jsonl'), 'utf8')
  return jsonLines(text).map((line) => DocumentRow.parse(line))
}

/** What the relay makes of the same: values, or the first problem. */
export function ownResult({ yaml }: DocumentRow): readonly unknown[] | string {
  // A file is decoded without its byte order mark.
  const documents = parseDocuments(yaml.replace(/^\ufeff/, ''), () => false)
  const values: unknown[] = []
  for (const document of documents) {
    if ('problem' in document) return document.problem
    values.push(document.value)
  }
  return values
}

/** What kubectl takes and the relay refuses on purpose, and says so: ADR 0036. */
export const REFUSED_ON_PURPOSE =
  /too large; if it is a text, put it in quotes|same key is twice|a key is null, or a number|a key is not a string|is not UTF-8 text|ends in a line of blanks/

/** Undefined when both have the same values, or one of them has none and the relay does not hide it. */
export function difference(row: DocumentRow): string | undefined {
  const own = ownResult(row)
  if (typeof own === 'string') {
    return row.error !== undefined || REFUSED_ON_PURPOSE.test(own) ? undefined : own
  }
  if (row.error !== undefined) return undefined
  const [mine, theirs] = [own, row.json ?? []].map((values) => JSON.stringify(sorted(values)))
  return mine === theirs ? undefined : `${mine} and not ${theirs}`
}

/** With the keys in one order, and without the sign of zero. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
