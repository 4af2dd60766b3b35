import { ConnectError } from '../http/failure.ts'

/** The longest delay that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The time that one publishing may take, and its part for the connection. */
export interface Deadlines {
  /** Aborted with a `ConnectError` when time is up. */
  readonly signal: AbortSignal
  readonly connectMs: number
  /** Ends the part for the connection. */
  readonly connected: () => void
  /** Ends all of it. */
  readonly stop: () => void
}

/** Starts the clock; both times in milliseconds. `missing` says what has not come at its end. */
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
