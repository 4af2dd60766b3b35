import { parseDocument } from 'yaml'
import { isJsonObject, type JsonObject } from './json-value.ts'

/** Reads a text that must be one object of YAML, or of JSON. The error is for a person. */
export function readYamlObject(
  text: string,
): { readonly object: JsonObject } | { readonly error: string } {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [error] = document.errors
  if (error) return { error: `not valid YAML: ${error.message.split('\n', 1)[0]}` }
  let value: unknown
  try {
    value = document.toJS()
  } catch (thrown) {
    // Aliases that lead nowhere, or to more than the library expands.
    return { error: `not valid YAML: ${(thrown as Error).message}` }
  }
  return isJsonObject(value) ? { object: value } : { error: 'expected one object' }
}
