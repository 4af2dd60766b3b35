import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ClockSetting } from './relay-clock.ts'

/** A line of the relay's log. */
export type LogLine = Readonly<Record<string, unknown>>

/** The relay from one start to its kill. */
export interface RelayLife {
  readonly pid: number
  /** Its address; rejects when it ends before it is ready. */
  readonly ready: Promise<string>
  /** Why it ended by itself; undefined when `kill` ended it, or while it runs. */
  failure(): string | undefined
  /** Sets the relay's clock while it runs. */
  setClock(clock: ClockSetting): void
  /** Sends SIGKILL at once; resolves when the process is gone and all that it logged is read. */
  kill(): Promise<void>
}

export interface LifeOptions {
  readonly manifests: string
  readonly data: string
  readonly clock: ClockSetting
  readonly onLine: (line: LogLine) => void
}

const ENTRY = fileURLToPath(new URL('relay-entry.ts', import.meta.url))

/** Only a broken relay takes longer to become ready. Milliseconds. */
const READY_WITHIN_MS = 60_000

/** Starts the relay; the caller kills it. */
export function startLife({ manifests, data, clock, onLine }: LifeOptions): RelayLife {
  const args = ['--manifests', manifests, '--data', data, '--clock', JSON.stringify(clock)]
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid === undefined) throw new Error('the relay did not start')
  const stderr: string[] = []
  // It may be gone when it is told something.
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const url = Promise.withResolvers<string>()
  // A life that is killed while it starts is never ready, and nobody waits for it.
  url.promise.catch(() => undefined)
  readLines(child, (line) => {
    if (line.msg === 'ready') url.resolve(String(line.url))
    onLine(line)
  })
  let killed = false
  let ownEnd: string | undefined
  const ended = once(child, 'close').then(([code, signal]) => {
    if (!killed) ownEnd = `the relay ended by itself: ${code ?? signal} ${stderr.join('')}`
    url.reject(new Error(ownEnd ?? 'killed'))
  })
  const patience = setTimeout(() => {
    url.reject(new Error(`not ready within ${READY_WITHIN_MS} ms: ${stderr.join('')}`))
  }, READY_WITHIN_MS)
  return {
    pid,
    ready: url.promise,
    failure: () => ownEnd ?? (stderr.length > 0 ? `on stderr: ${stderr.join('')}` : undefined),
    setClock(clock) {
      child.stdin.write(`${JSON.stringify(clock)}\n`)
    },
    async kill() {
      clearTimeout(patience)
      if (child.exitCode === null && child.signalCode === null) {
        killed = true
        child.kill('SIGKILL')
      }
      await ended
    },
  }
}

/** The last line may be cut by the kill. */
function readLines(child: ChildProcess, onLine: (line: LogLine) => void): void {
  if (child.stdout === null) throw new Error('stdout is not piped')
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parsed(text)
    if (line) onLine(line)
  })
}

function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return undefined
  }
}
