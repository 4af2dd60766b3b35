import { DamagedRecord } from './errors.ts'

/** In the key of an object's memory; all else that is damaged counts as a subject's. */
const OBJECT_PART = '#object#'

/** The value of a State item, to be read by the codec of its form. Throws `DamagedRecord`. */
export function parseState(key: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    const form = key.includes(OBJECT_PART) ? 'object memory' : 'subject'
    throw new DamagedRecord(form, `${key}: it is not JSON`)
  }
}
