import { jsonValue } from '../../relay/model/json-value.ts'

/**
 * Parses the JSON of a secret; undefined for a binary secret, and for a text that is not JSON. The
 * parser's own errors are dropped, because they quote the text.
 */
export function parseSecretJson(text: string | undefined): unknown {
  return text === undefined ? undefined : jsonValue(text)
}
