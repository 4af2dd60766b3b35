import { type SpawnOptions, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** A program that serves. */
export interface ServerProcess {
  /** What the pattern found in what it prints; rejects, with all of that, when it ends before. */
  readonly ready: Promise<RegExpExecArray>
  /** Ends it, and resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts a program that is ended when the test is over, and returns once it is ready. */
export function startServerProcess(
  command: string,
  args: readonly string[],
  cwd: string,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  const { ready, stop } = spawnServer(command, args, { cwd }, pattern)
  onTestFinished(stop)
  return ready
}

/** Starts a program that can serve more than one test: who starts it stops it. */
export function spawnServer(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  pattern: RegExp,
): ServerProcess {
  const server = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise((resolve) => server.once('close', resolve))
  const { promise: ready, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
  let printed = ''
  const read = (text: string) => {
    printed += text
    const found = pattern.exec(printed)
    if (found !== null) resolve(found)
  }
  server.stdout.setEncoding('utf8').on('data', read)
  server.stderr.setEncoding('utf8').on('data', read)
  server.once('error', reject)
  server.once('close', () => reject(new Error(`${command} ended: ${printed}`)))
  return {
    ready,
    async stop() {
      server.kill()
      await exited
    },
  }
}
