import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What is written each time before it is synced, and how often; without `perSecond` one follows the other. */
export interface SyncLoad {
  readonly file: string
  readonly bytes: number
  readonly count: number
  readonly perSecond?: number
}

/** The times in which what is written at the end of a file is on the disk, in milliseconds. */
export async function syncTimes({
  file,
  bytes,
  count,
  perSecond,
}: SyncLoad): Promise<readonly number[]> {
  const descriptor = openSync(file, 'a')
  const written = Buffer.alloc(bytes, 1)
  const times: number[] = []
  try {
    let next = performance.now()
    while (times.length < count) {
      if (perSecond !== undefined) {
        next += 1_000 / perSecond
        const early = next - performance.now()
        if (early > 0) await delay(early)
      }
      const start = performance.now()
      writeSync(descriptor, written)
      fdatasyncSync(descriptor)
      times.push(performance.now() - start)
    }
    return times
  } finally {
    closeSync(descriptor)
  }
}
