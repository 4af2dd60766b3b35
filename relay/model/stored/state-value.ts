import { DamagedRecord } from './errors.ts'

/** The forms that a part of their keys tells. Any other damaged item counts as a subject's. */
const FORMS = [
  ['#object#', 'object memory'],
  ['#episode#', 'episode'],
  ['#trouble#', 'trouble'],
  ['#readiness#', 'told readiness'],
  ['#window#', 'group window'],
  ['#group#', 'group message'],
  ['#silences', 'silences'],
  ['#held#', 'held failure'],
] as const

/** Parses the value of a State item; the codec of its form reads it. Throws `DamagedRecord`. */
export function parseState(key: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    const [, form] = FORMS.find(([part]) => key.includes(part)) ?? []
    throw new DamagedRecord(form ?? 'subject', `${key}: it is not JSON`)
  }
}
