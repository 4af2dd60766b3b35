import { DamagedRecord } from './errors.ts'

/**
 * The part that is in the key of an object's memory. Any other damaged item counts as a subject's.
 */
const OBJECT_PART = '#object#'

/** Parses the value of a State item; the codec of its form reads it. Throws `DamagedRecord`. */
export function parseState(key: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    const form = key.includes(OBJECT_PART) ? 'object memory' : 'subject'
    throw new DamagedRecord(form, `${key}: it is not JSON`)
  }
}
