/** What was asked of AWS, in the units that it is billed by. */
export interface Counts {
  /** Calls by service and operation, such as `dynamodb GetItem`. */
  readonly calls: Readonly<Record<string, number>>
  readonly requestBytes: number
  readonly responseBytes: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly sqsRequests: number
  readonly sqsFifoRequests: number
  readonly secretsManagerRequests: number
  /** The largest item that was written to each table, in bytes. */
  readonly largestItems: Readonly<Record<string, number>>
}

/** Counts that grow. */
export type Tally = {
  -readonly [Name in keyof Counts]: Counts[Name] extends number ? number : Record<string, number>
}

export function newTally(): Tally {
  return {
    calls: {},
    requestBytes: 0,
    responseBytes: 0,
    readUnits: 0,
    writeUnits: 0,
    sqsRequests: 0,
    sqsFifoRequests: 0,
    secretsManagerRequests: 0,
    largestItems: {},
  }
}

/** Adds what was counted to what was before. */
export function addCounts(sum: Tally, counts: Tally): void {
  for (const [call, times] of Object.entries(counts.calls)) {
    sum.calls[call] = (sum.calls[call] ?? 0) + times
  }
  for (const [table, bytes] of Object.entries(counts.largestItems)) {
    sum.largestItems[table] = Math.max(sum.largestItems[table] ?? 0, bytes)
  }
  sum.requestBytes += counts.requestBytes
  sum.responseBytes += counts.responseBytes
  sum.readUnits += counts.readUnits
  sum.writeUnits += counts.writeUnits
  sum.sqsRequests += counts.sqsRequests
  sum.sqsFifoRequests += counts.sqsFifoRequests
  sum.secretsManagerRequests += counts.secretsManagerRequests
}
