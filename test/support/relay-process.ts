import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject, onTestFinished, vi } from 'vitest'
import type { DeliveryView } from '../../relay/api/delivery-view.ts'
import { type LogLine, type Served, servedAt } from './served.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** How a process ended, and all that it said. */
export interface Ending {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that is ended, if it has not by itself, after the running test. */
export interface Program {
  readonly pid: number
  /** Whole lines of stdout so far. */
  lines(): readonly string[]
  stderr(): string
  /** Once it has ended and its output is read; with its children when they share the output. */
  readonly ended: Promise<Ending>
  /** Sends a signal, and resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<Ending>
}

/** A process that serves HTTP and logs JSON lines. */
export interface ServedProcess extends Program, Served {}

export interface RelayProcess extends ServedProcess {
  deliveries(query?: string): Promise<readonly DeliveryView[]>
}

export interface RelayArguments {
  /** Without it no folder is named on the command line. */
  readonly manifests?: string
  /** Default: a new folder. */
  readonly data?: string
  readonly flags?: readonly string[]
  /** Variables beside those of the test's own process. */
  readonly environment?: Readonly<Record<string, string>>
  /** How many files and sockets it may have open; by default as many as the test. */
  readonly openFiles?: number
}

/** The command line as it was bundled for this run; as it stands in the sources where it was not. */
export const PROGRAM = inject('bundledProgram') ?? join(ROOT, 'bin/flux-relay.ts')

/** Long enough on a busy machine; only a broken relay reaches it. */
const READY_WITHIN_MS = 60_000

/** Runs a command line of the relay to its end. */
export function runCli(...args: readonly string[]): Promise<Ending> {
  return runCliIn({}, ...args)
}

/** The same with variables beside those of the test's own process. */
export function runCliIn(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ending> {
  return startProgram(process.execPath, [PROGRAM, ...args], { environment }).ended
}

/** Starts `flux-relay serve` and waits until it is ready. */
export async function startRelay(relay: RelayArguments): Promise<RelayProcess> {
  const data = relay.data ?? temporaryDirectory()
  const folder = relay.manifests === undefined ? [] : ['--manifests', relay.manifests]
  const args = ['serve', ...folder, '--data', data, '--port', '0']
  const flags = relay.flags ?? []
  return relayOf(await startServed([...args, ...flags], relay.environment, relay.openFiles))
}

export interface ProgramOptions {
  readonly ownGroup?: boolean
  /** Where it runs; by default in the repository. */
  readonly cwd?: string
  /** Variables beside those of the test's own process. */
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts a program. With `ownGroup` it leads a process group, all of which is ended after the test.
 */
export function startProgram(
  command: string,
  args: readonly string[],
  { ownGroup = false, cwd = ROOT, environment = {} }: ProgramOptions = {},
): Program {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...process.env, ...environment },
    detached: ownGroup,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} did not start`)
  const { output, ended } = observe(child)
  const end = (signal: NodeJS.Signals) => {
    sendSignal(ownGroup ? -pid : pid, signal)
    return ended
  }
  let hasEnded = false
  ended.then(() => {
    hasEnded = true
  })
  onTestFinished(async () => {
    // Its children outlive a leader that ended, until the group is told.
    if (ownGroup || !hasEnded) await end('SIGKILL')
  })
  return {
    pid,
    lines: () => output.stdout.split('\n').slice(0, -1),
    stderr: () => output.stderr,
    ended,
    end,
  }
}

function observe(child: ChildProcess) {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk
    })
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal, ...output }))
  return { output, ended }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits for the log line that says where a relay listens; its process may not end before. */
export async function readyUrl(program: Program): Promise<string> {
  const endedEarly = program.ended.then(({ code, stderr }) => {
    throw new Error(`the relay ended with ${code} before it was ready: ${stderr}`)
  })
  const ready = vi.waitFor(() => urlIn(program.lines()), {
    timeout: READY_WITHIN_MS,
    interval: 10,
  })
  return Promise.race([ready, endedEarly])
}

function urlIn(lines: readonly string[]): string {
  // npm says what it runs before the relay says anything.
  const ready = lines.find((line) => line.startsWith('{') && line.includes('"msg":"ready"'))
  if (ready === undefined) throw new Error('the relay is not ready')
  return String((JSON.parse(ready) as LogLine).url)
}

/** `flux-relay` with these arguments, once its log says that it is ready. */
export async function startServed(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  openFiles?: number,
): Promise<ServedProcess> {
  const command = [process.execPath, PROGRAM, ...args]
  const limited = ['-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...command]
  const program =
    openFiles === undefined
      ? startProgram(process.execPath, [PROGRAM, ...args], { environment })
      : startProgram('sh', limited, { environment })
  return { ...program, ...servedAt(await readyUrl(program), program.lines) }
}

function relayOf(served: ServedProcess): RelayProcess {
  return {
    ...served,
    async deliveries(query = 'limit=200') {
      const answer = await served.fetch(`/v1/deliveries?${query}`)
      if (answer.status !== 200) throw new Error(`GET /v1/deliveries: ${await answer.text()}`)
      const { deliveries } = (await answer.json()) as { deliveries: readonly DeliveryView[] }
      return deliveries
    },
  }
}
