import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { run } from '../../cli/main.ts'
import { PROGRAM } from './relay-process.ts'

const ENTRY = join(import.meta.dirname, '../../bin/flux-relay.ts')

export interface CommandOptions {
  /** `FLUX_RELAY_TOKEN`. */
  readonly token?: string
  readonly env?: Readonly<Record<string, string>>
}

/** What only a process of its own has. */
export interface ProcessOptions extends CommandOptions {
  /** What the command reads from stdin. */
  readonly input?: string
  /** Closes the other end of stdout at once. */
  readonly readsNothing?: boolean
}

/** How a command ended, and all that it said. */
export interface CommandResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The AWS SDK finds nothing of the developer's own account, and asks no metadata service. */
const NO_AWS = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** Where Node keeps what it has compiled, if it keeps that. */
const { NODE_COMPILE_CACHE } = process.env
const COMPILED = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }

/** Nor the contexts of the developer. */
const NO_CONTEXTS = { FLUX_RELAY_CONFIG: '/dev/null' }

function environmentOf({ token = '', env = {} }: CommandOptions) {
  return { ...NO_AWS, ...NO_CONTEXTS, FLUX_RELAY_TOKEN: token, ...env }
}

/** Of a process there is one environment, one stdout and one exit code. */
let turn: Promise<unknown> = Promise.resolve()

/**
 * Runs the command line in this process, which takes a tenth of the time of one of its own, one at
 * a time, with nothing of this process's environment.
 */
export function fluxRelay(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = turn.then(() => runHere(args, environmentOf(options)))
  turn = result.catch(() => undefined)
  return result
}

async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const { env: environment, exitCode } = process
  const said = { stdout: '', stderr: '' }
  const restores = (['stdout', 'stderr'] as const).map((name) =>
    divert(process[name], (chunk) => {
      said[name] += chunk
    }),
  )
  process.env = { ...env }
  process.exitCode = undefined
  try {
    const code = await run([process.execPath, ENTRY, ...args])
    return { code, ...said }
  } finally {
    process.env = environment
    process.exitCode = exitCode
    for (const restore of restores) restore()
  }
}

function divert(stream: NodeJS.WriteStream, take: (chunk: string) => void): () => void {
  const { write } = stream
  stream.write = (chunk: string | Uint8Array) => {
    take(String(chunk))
    return true
  }
  return () => {
    stream.write = write
  }
}

/** Runs the command line as a person would, in a process; resolves when it has ended. */
export async function fluxRelayProcess(
  args: readonly string[],
  { input = '', readsNothing = false, ...options }: ProcessOptions = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...COMPILED, ...environmentOf(options) },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A command that reads nothing may have ended before all is written.
  child.stdin.on('error', () => undefined).end(input)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  if (readsNothing) child.stdout.destroy()
  const said = readsNothing ? '' : text(child.stdout)
  const [stdout, stderr, code] = await Promise.all([said, text(child.stderr), ended])
  return { stdout, stderr, code }
}
