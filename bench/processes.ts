import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAsking } from './asking.ts'

/** A command of the project that serves HTTP. */
export interface ServedProcess {
  readonly pid: number
  readonly url: string
  /** From its start until it said that it is ready, in milliseconds. */
  readonly readyMs: number
  /** Ends it by SIGKILL, or by another signal. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Asks what `answerParent` answers. Rejects when the process ends before. */
  ask(question: unknown): Promise<unknown>
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Whether it answers what it is asked. */
  readonly answers?: boolean
}

/** A signal ended the benchmark. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

/** What a benchmark works with: all of it is gone after its run. */
export interface Bench {
  /** An empty folder. */
  readonly directory: string
  /** Serves HTTP on a free port of 127.0.0.1; gives the URL, with a slash at its end. */
  listen(handler: RequestListener): Promise<string>
  /** Runs Node with these arguments. Rejects when it ends before it says that it is ready. */
  start(args: readonly string[], options?: StartOptions): Promise<ServedProcess>
  /** Does this when the benchmark is over, after its processes have ended; the last one first. */
  atEnd(undo: () => void): void
}

/**
 * Runs a benchmark. When it is over, failed or interrupted (SIGINT, SIGTERM), the processes that it
 * started are ended, its servers closed and its folder removed.
 */
export async function runBench(run: (bench: Bench) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-bench-'))
  const children: ChildProcess[] = []
  const servers: Server[] = []
  const undos: (() => void)[] = []
  const interrupted = Promise.withResolvers<never>()
  const interrupt = (signal: NodeJS.Signals) => {
    interrupted.reject(new InterruptedError(`ended by ${signal}`))
  }
  // Not once: npm passes on a signal that its children got already, and the second would kill.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const bench: Bench = {
    directory,
    async listen(handler) {
      const server = createServer(handler)
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    },
    start: (args, options = {}) => start(args, options, children),
    atEnd: (undo) => undos.unshift(undo),
  }
  try {
    await Promise.race([run(bench), interrupted.promise])
  } finally {
    await Promise.all(children.map((child) => kill(child)))
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
    for (const undo of undos) undo()
    rmSync(directory, { recursive: true, force: true })
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function start(
  args: readonly string[],
  { environment = {}, cwd, answers = false }: StartOptions,
  children: ChildProcess[],
): Promise<ServedProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', ...(answers ? (['ipc'] as const) : [])],
    cwd,
  })
  children.push(child)
  if (child.stdout === null) throw new Error('stdout is a pipe')
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string }
    if (msg !== 'ready' || url === undefined || child.pid === undefined) continue
    const readyMs = performance.now() - startedAt
    child.stdout.resume()
    const stop = (signal?: NodeJS.Signals) => kill(child, signal)
    return { pid: child.pid, url, readyMs, stop, ask: createAsking(child) }
  }
  throw new Error(`${args.join(' ')} did not start`)
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
