/** What a person is told of records of the ledger that cannot be read, and that events may be missing for that. */
export function unreadableText(count: number): string {
  const records = count === 1 ? '1 record' : `${count} records`
  return `${records} cannot be read, so events or outcomes may be missing here; get deliveries says which and why`
}
