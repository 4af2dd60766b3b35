import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A command of the project that serves HTTP. */
export interface ServedProcess {
  readonly pid: number
  readonly url: string
  /** Ends it by SIGKILL. */
  stop(): Promise<void>
}

/** What a benchmark works with: all of it is gone after its run. */
export interface Bench {
  /** An empty folder. */
  readonly directory: string
  /** Serves HTTP on a free port of 127.0.0.1; gives the URL, with a slash at its end. */
  listen(handler: RequestListener): Promise<string>
  /** Runs Node with these arguments. Rejects when it ends before it says that it is ready. */
  start(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<ServedProcess>
}

/**
 * Runs a benchmark. When it is over, failed or interrupted (SIGINT, SIGTERM), the processes that it
 * started are ended, its servers closed and its folder removed.
 */
export async function runBench(run: (bench: Bench) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-bench-'))
  const children: ChildProcess[] = []
  const servers: Server[] = []
  const interrupted = Promise.withResolvers<never>()
  const interrupt = (signal: NodeJS.Signals) => interrupted.reject(new Error(`ended by ${signal}`))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const bench: Bench = {
    directory,
    async listen(handler) {
      const server = createServer(handler)
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    },
    start: (args, environment = {}) => start(args, environment, children),
  }
  try {
    await Promise.race([run(bench), interrupted.promise])
  } finally {
    await Promise.all(children.map(kill))
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(directory, { recursive: true, force: true })
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  children: ChildProcess[],
): Promise<ServedProcess> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string }
    if (msg !== 'ready' || url === undefined || child.pid === undefined) continue
    child.stdout.resume()
    return { pid: child.pid, url, stop: () => kill(child) }
  }
  throw new Error(`${args.join(' ')} did not start`)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
