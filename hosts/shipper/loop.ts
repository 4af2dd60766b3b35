import { within } from './within.ts'

/** Work that goes on until it is stopped. */
export interface Loop {
  /** Resolves after `stop`, once what is in flight is done. Never rejects. */
  run(): Promise<void>
  stop(): void
}

/** A loop in the hands of who starts it, once, and stops it. */
export interface StartableLoop {
  start(): void
  /** Lets what is in flight finish and begins nothing more; false when that took over `graceMs`. */
  stop(graceMs: number): Promise<boolean>
}

export function startable(loop: Loop): StartableLoop {
  let done = Promise.resolve()
  return {
    start() {
      done = loop.run()
    },
    stop(graceMs) {
      loop.stop()
      return within(done, graceMs)
    },
  }
}
