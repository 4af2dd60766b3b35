import { ConnectError } from '../http/failure.ts'

/** The longest delay of a timer in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The time for one publishing, and for the connection as a part of it. */
export interface Deadlines {
  /** Aborted with a `ConnectError` when the time is over. */
  readonly signal: AbortSignal
  readonly connectMs: number
  /** Ends the part for the connection. */
  readonly connected: () => void
  /** Ends the whole time. */
  readonly stop: () => void
}

/** Starts both times, in milliseconds. `missing` tells what has not come when one is over. */
export function startDeadlines(
  timeoutMs: number,
  connectTimeoutMs: number,
  missing: string,
): Deadlines {
  const controller = new AbortController()
  const connectMs = Math.min(timeoutMs, connectTimeoutMs)
  const abortAfter = (ms: number, what: string) => {
    const error = new ConnectError('timeout', `${what} within ${ms} ms`)
    return setTimeout(() => controller.abort(error), Math.min(ms, MAX_TIMER_MS))
  }
  const connecting = abortAfter(connectMs, 'the server did not send its INFO')
  const publishing = abortAfter(timeoutMs, missing)
  const connected = () => clearTimeout(connecting)
  const stop = () => {
    connected()
    clearTimeout(publishing)
  }
  return { signal: controller.signal, connectMs, connected, stop }
}
