import { vi } from 'vitest'

/** A line of a program's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string }

/** What serves HTTP and logs JSON lines. */
export interface Served {
  readonly url: string
  /** The log so far; throws when a line of it is not JSON. */
  log(): readonly LogLine[]
  /** Waits until the log has `count` lines with these values, and gives them. */
  logged(values: Readonly<Record<string, unknown>>, count?: number): Promise<readonly LogLine[]>
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Posts one event as Flux's controllers do. */
  post(event: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Sum of the samples of a metric that have this text in their name and labels. */
  metric(name: string): Promise<number>
}

/** Long enough on a busy machine; only what is broken reaches it. */
const WAIT_MS = 60_000

/** What serves at this URL, and has logged these lines. */
export function servedAt(url: string, lines: () => readonly string[]): Served {
  const log = () => lines().map((line) => JSON.parse(line) as LogLine)
  const get = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init)
  return {
    url,
    log,
    logged: (values, count = 1) => eventually(() => linesWith(log(), values, count)),
    fetch: get,
    post: (event, headers = {}) =>
      get('/', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(event),
      }),
    metric: async (name) => metricIn(await (await get('/metrics')).text(), name),
  }
}

/** Calls `check` until it does not throw, and gives what it then gave. */
export function eventually<T>(check: () => T | Promise<T>, timeoutMs = WAIT_MS): Promise<T> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: 20 })
}

function linesWith(
  log: readonly LogLine[],
  values: Readonly<Record<string, unknown>>,
  count: number,
): readonly LogLine[] {
  const found = log.filter((line) =>
    Object.entries(values).every(([key, value]) => line[key] === value),
  )
  if (found.length >= count) return found
  const seen = log.map((line) => JSON.stringify(line)).join('\n')
  throw new Error(`${found.length} of ${count} lines with ${JSON.stringify(values)} in\n${seen}`)
}

function metricIn(text: string, name: string): number {
  const samples = text.split('\n').filter((line) => !line.startsWith('#') && line.includes(name))
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
