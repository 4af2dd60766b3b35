const SETTLED = Promise.resolve()

/**
 * Does a task right after the code that runs now, as `queueMicrotask` does. That makes an object for
 * tracing with each call, and an event has a dozen of them.
 */
export function doNext(task: () => void): void {
  void SETTLED.then(task)
}
