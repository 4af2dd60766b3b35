import { gunzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { doNext } from '../../relay/model/microtask.ts'
import type { HttpResponse, TransportFailure } from '../../relay/ports/http.ts'
import { failureOf } from './failure.ts'

type Result = HttpResponse | TransportFailure
type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

/** The longest delay of a timer in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1

interface ExchangeLimits {
  /** The time for the whole exchange, in milliseconds. */
  readonly timeoutMs: number
  /** The most bytes of the answer's body. */
  readonly maxBytes: number
  /** Whether a body that is compressed by gzip is decompressed, to as many bytes at most. */
  readonly gunzips: boolean
}

/**
 * One request and its answer, within the limits. Never rejects.
 *
 * undici calls `onRequestStart` right before the first byte goes to a connected socket, so without
 * that call nothing was sent. A request that waits for a connection when a kept one closes goes to
 * a new one by itself; one that was started is never sent again, since nobody can tell how far
 * it got.
 */
export function exchange(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  limits: ExchangeLimits,
): Promise<Result> {
  return new Promise((resolve) => {
    dispatcher.dispatch(request, new Exchange(limits, resolve))
  })
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: Result) => void
  readonly #timer: NodeJS.Timeout
  readonly #body: BoundedBody
  readonly #gunzips: boolean
  #controller: Dispatcher.DispatchController | undefined
  #head: Pick<HttpResponse, 'status' | 'headers'> | undefined
  #settled = false

  constructor(limits: ExchangeLimits, resolve: (result: Result) => void) {
    const { timeoutMs, maxBytes } = limits
    this.#resolve = resolve
    this.#gunzips = limits.gunzips
    this.#body = new BoundedBody(maxBytes)
    this.#timer = setTimeout(() => this.#expire(timeoutMs), Math.min(timeoutMs, MAX_TIMER_MS))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, since `abort` would also destroy the connection, which is good for the next request.
    if (this.#settled) throw new Error('too late')
    this.#controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (status < 200) return
    this.#head = { status, headers: firstValues(headers) }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body.add(chunk)) return
    this.#settle(this.#answer(true))
    controller.abort(new Error('enough was read'))
  }

  onResponseEnd(): void {
    this.#settle(this.#answer(false), inNextTurn)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(this.#answer(true) ?? failureOf(error, this.#mayHaveArrived))
  }

  get #mayHaveArrived(): boolean {
    return this.#controller !== undefined
  }

  #expire(timeoutMs: number): void {
    const mayHaveArrived = this.#mayHaveArrived
    const detail = mayHaveArrived
      ? `no answer within ${timeoutMs} ms`
      : `no connection to send the request on within ${timeoutMs} ms`
    const timeout = { kind: 'failure', cause: 'timeout', mayHaveArrived, detail } as const
    this.#settle(this.#answer(true) ?? timeout)
    this.#controller?.abort(new Error('time is up'))
  }

  /** The answer as far as it came. A status counts, whatever became of the rest. */
  #answer(truncated: boolean): HttpResponse | undefined {
    if (this.#head === undefined) return undefined
    const { status, headers } = this.#head
    const isPacked = this.#gunzips && headers['content-encoding'] === 'gzip'
    const read = isPacked
      ? this.#body.unpacked(truncated)
      : { body: this.#body.text(truncated), truncated }
    return { kind: 'response', status, headers, ...read, receivedAt: Date.now() }
  }

  #settle(result: Result | undefined, schedule = atOnce): void {
    if (this.#settled || result === undefined) return
    this.#settled = true
    clearTimeout(this.#timer)
    schedule(() => this.#resolve(result))
  }
}

type Schedule = (task: () => void) => void

const atOnce: Schedule = (task) => task()

/**
 * Runs a task in the next turn of the event loop, when undici has taken the connection back. A
 * caller that sends again then uses it, instead of opening another.
 */
const inNextTurn: Schedule = (task) => doNext(() => setImmediate(task))

class BoundedBody {
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds a part of the body. False when there is more than may be kept. */
  add(chunk: Buffer): boolean {
    const space = this.#maxBytes - this.#size
    this.#chunks.push(chunk.subarray(0, space))
    this.#size += Math.min(chunk.length, space)
    return chunk.length <= space
  }

  /** The body as text. A character at the cut is left out. */
  text(truncated: boolean): string {
    if (this.#size === 0) return ''
    return new TextDecoder().decode(Buffer.concat(this.#chunks), { stream: truncated })
  }

  /** What was compressed, as text; nothing of a body that is broken, cut or too long. */
  unpacked(truncated: boolean): Pick<HttpResponse, 'body' | 'truncated'> {
    if (truncated) return { body: '', truncated }
    try {
      const bytes = gunzipSync(Buffer.concat(this.#chunks), { maxOutputLength: this.#maxBytes })
      return { body: bytes.toString(), truncated: false }
    } catch {
      return { body: '', truncated: true }
    }
  }
}

/** The first value of each header. Its name is in lower case already. */
function firstValues(headers: ResponseHeaders): Readonly<Record<string, string>> {
  return areSingle(headers) ? headers : copyOfFirst(headers)
}

/** Whether each header came once, as most do: there is nothing to copy then. */
function areSingle(headers: ResponseHeaders): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false
  return true
}

function copyOfFirst(headers: ResponseHeaders): Readonly<Record<string, string>> {
  const pairs: [string, string][] = []
  for (const name in headers) {
    const value = headers[name]
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) pairs.push([name, first])
  }
  return Object.fromEntries(pairs)
}
