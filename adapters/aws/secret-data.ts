import { jsonValue } from '../../relay/model/json-value.ts'

/** Undefined for a binary secret and for what is not JSON; the parser's own errors quote the text. */
export function parseSecretJson(text: string | undefined): unknown {
  return text === undefined ? undefined : jsonValue(text)
}
