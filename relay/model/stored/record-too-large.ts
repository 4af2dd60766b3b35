/** A record that its store can never hold: no store fails, the record itself is at fault. */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge'
}
