import { constants, openSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { DestinationStream } from 'pino'

/** How long a line waits for others at most. Milliseconds. */
const FLUSH_MS = 10

/**
 * How long to wait before what could not be written is tried again, at first and, while nothing can be written, at most. A
 * pipe holds 64 KiB, and its reader may make room in a moment. Milliseconds.
 */
const FIRST_RETRY_MS = 1
const LONGEST_RETRY_MS = 100

/** How much may wait until it can be written: some thousand lines. In UTF-16 code units. */
const MAX_WAITING = 1 << 20

/** How long the end waits for somebody who reads, and how long between two looks. Milliseconds. */
const END_MS = 1_000
const READER_MS = 10

const NOTHING = Buffer.alloc(0)

/** What was not written. */
export interface LostLines {
  readonly lines: number
  /** The code of the error for which they had to wait, such as `EAGAIN` when nobody read, or `ENOSPC`. */
  readonly code: string
}

/** Where the lines of logs go. */
export interface LogOutput extends DestinationStream {
  /** Calls the listener when lines were lost and others can be written again. The last listener counts. */
  onLost(listener: (lost: LostLines) => void): void
  /** Writes what waits, for the process ends; of somebody who does not read only a second is asked for. */
  end(): void
}

/** Writes as many of the bytes as it can without waiting, and gives their number; throws what `writeSync` throws. */
export type WriteBytes = (bytes: Uint8Array) => number

/**
 * Takes the lines of logs, and never keeps its caller waiting. Those of some milliseconds are written
 * together, for a write of its own for each decision is a tenth of what a delivery costs. While nobody
 * reads, or a disk is full, a megabyte of lines waits and is tried again, and what comes then is lost
 * and counted: a relay that nobody listens to still delivers. Once the reader has gone, so have all lines.
 */
export function createLogOutput(write: WriteBytes): LogOutput {
  let text = ''
  /** What was begun; its rest comes before `text`. */
  let begun: Uint8Array = NOTHING
  let timer: NodeJS.Timeout | undefined
  /** Why what waits, or waited last, could not be written; empty when nothing ever had to wait. */
  let code = ''
  /** How long what could not be written waits until the next try; 0 when the last write took something. */
  let retryMs = 0
  let lostLines = 0
  let hasReader = true
  let tellOfLost: (lost: LostLines) => void = () => undefined

  const isFull = () => text.length + begun.length > MAX_WAITING
  const writeAll = () => {
    while (begun.length > 0 || text !== '') {
      if (begun.length === 0) {
        begun = Buffer.from(text)
        text = ''
      }
      begun = begun.subarray(write(begun))
      retryMs = 0
    }
  }
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    try {
      writeAll()
    } catch (error) {
      code = String((error as NodeJS.ErrnoException).code)
      if (code === 'EPIPE') return forgetAll()
      retryMs = Math.min(Math.max(FIRST_RETRY_MS, 2 * retryMs), LONGEST_RETRY_MS)
      return flushIn(retryMs)
    }
    if (lostLines === 0) return
    const lost = { lines: lostLines, code }
    lostLines = 0
    tellOfLost(lost)
    flush()
  }
  const forgetAll = () => {
    hasReader = false
    text = ''
    begun = NOTHING
    lostLines = 0
  }
  const flushIn = (ms: number) => {
    timer ??= setTimeout(flush, ms).unref()
  }
  return {
    write(line) {
      if (!hasReader) return
      // So many in one turn of the event loop need not be lost where they can be written.
      if (isFull() && retryMs === 0) flush()
      if (isFull()) lostLines += 1
      else text += line
      flushIn(FLUSH_MS)
    },
    onLost(listener) {
      tellOfLost = listener
    },
    end() {
      const until = performance.now() + END_MS
      flush()
      while (timer !== undefined && code === 'EAGAIN' && performance.now() < until) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READER_MS)
        flush()
      }
    },
  }
}

/** Standard output, so that no write to it waits: at a pipe or a socket for its reader, at a terminal for who stopped it. */
export function standardOutput(): WriteBytes {
  // Node makes a pipe or a socket one that keeps no writer waiting when it is asked for its stream.
  const fd = withoutWaiting(process.stdout.fd)
  return (bytes) => writeSync(fd, bytes)
}

/** A terminal is opened anew, since others write to it too, and they may wait. */
function withoutWaiting(fd: number): number {
  if (!isatty(fd)) return fd
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return fd
  }
}
