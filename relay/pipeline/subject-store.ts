import { type SubjectState, subjectStateCodec } from '../model/stored/subject-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { StateWriteOptions } from '../ports/state-store.ts'
import type { ExpectedVersion } from '../ports/versioned.ts'
import { rememberedValue } from './damaged-memory.ts'

/** How long a subject is remembered. */
const REMEMBER_MS = 90 * 24 * 3_600_000

/** Stores what is known of a subject. False when another process wrote in between. */
export function writeSubject(
  ports: Pick<Ports, 'state' | 'clock'>,
  key: string,
  state: SubjectState,
  expected: ExpectedVersion,
  options?: StateWriteOptions,
) {
  const value = subjectStateCodec.encode(state)
  return ports.state.write(key, value, expected, ports.clock.now() + REMEMBER_MS, options)
}

/** What is known of a subject; undefined when that is damaged. */
export function subjectStateOf(
  { state }: Pick<Ports, 'state'>,
  key: string,
  value: unknown,
  by?: { readonly deliveryId: string },
): SubjectState | undefined {
  const about = by && (() => `delivery ${by.deliveryId}`)
  return rememberedValue(state, subjectStateCodec, value, key, about)
}
