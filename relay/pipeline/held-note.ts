import type { DeliveryRecord, Status, Waiting } from '../model/delivery.ts'

const BEGIN = 'held back'

/**
 * The notes of a Delivery whose chain of tries begins at `now` (milliseconds since the epoch), after a rule or a silence
 * held it back for `heldMs` in all: for how long, and why at last. A reminder comes when it is due, and of one that waited
 * for others their message tells.
 */
export function withHeldNote(
  { notes, status, reminder, toldIn }: DeliveryRecord<Waiting>,
  heldMs: number,
  now: number,
): readonly string[] {
  if (reminder !== undefined || toldIn !== undefined) return notes
  const times = [now - heldMs, now].map((time) => new Date(time).toISOString()).join(' to ')
  return [...notes.filter((note) => !isHeldNote(note)), `${BEGIN} from ${times}: ${status.reason}`]
}

/** The notes of a try, after what is noted of the time for which the Delivery was held back before its tries. */
export function withHeldNotes(
  { heldMs, notes }: DeliveryRecord<Status>,
  ofTry: readonly string[],
): readonly string[] {
  return heldMs === undefined ? ofTry : [...notes.filter(isHeldNote), ...ofTry]
}

function isHeldNote(note: string): boolean {
  return note.startsWith(BEGIN)
}
