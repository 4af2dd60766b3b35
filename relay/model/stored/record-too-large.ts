/**
 * A record that is too large for its store. The store has not failed; the record itself is at
 * fault.
 */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge'
}
