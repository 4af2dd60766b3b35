import { type Document, isScalar, parseAllDocuments } from 'yaml'
import { isJsonObject, type JsonObject } from './json-value.ts'

/** Reads a text that must be one object of YAML, or of JSON. The error is for a person. */
export function readYamlObject(
  text: string,
): { readonly object: JsonObject } | { readonly error: string } {
  const parsed = parseAllDocuments(text, { logLevel: 'silent' })
  const all: readonly Document[] = 'empty' in parsed ? [] : parsed
  const [error] = all.flatMap(({ errors }) => errors)
  if (error) {
    // The text of the place follows, after a colon.
    const message = error.message.split('\n', 1)[0]?.replace(/:$/, '')
    return { error: `not valid YAML: ${message}` }
  }
  const documents = all.filter(({ contents }) => !(isScalar(contents) && contents.value === null))
  const [document, ...others] = documents
  if (document === undefined) return { error: 'expected one object' }
  if (others.length > 0) {
    return { error: `expected one object, and there are ${documents.length} documents` }
  }
  let value: unknown
  try {
    value = document.toJS()
  } catch (thrown) {
    // Aliases that lead nowhere, or to more than the library expands.
    return { error: `not valid YAML: ${(thrown as Error).message}` }
  }
  return isJsonObject(value) ? { object: value } : { error: 'expected one object' }
}
