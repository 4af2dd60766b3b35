import { within } from './within.ts'

/** Work that goes on until it is stopped. */
export interface Loop {
  /** Runs until `stop` is called, and resolves once the work in flight is done. Never rejects. */
  run(): Promise<void>
  stop(): void
}

/** A loop that is started once, and stopped. */
export interface StartableLoop {
  start(): void
  /** Begins nothing more, and waits for the work in flight; false when that took over `graceMs`. */
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
