import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A function in a process of its own; ended when the test is over. */
export interface FunctionProcess {
  /** One at a time. Rejects with what the handler throws. `remainingMs` default: a minute. */
  invoke(event: unknown, remainingMs?: number): Promise<unknown>
  /** Ends it. Resolves with what it logged, warnings and errors last; rejects for a line of no JSON. */
  end(): Promise<readonly LogLine[]>
}

export type LogLine = Readonly<Record<string, unknown>>

/** Starts the bundle in a folder with this environment, and nothing else in it. */
export type StartFunction = (
  folder: string,
  environment: Readonly<Record<string, string>>,
) => FunctionProcess

/** Time of an invocation, as dispatch has it in the stack. */
export const TIMEOUT_MS = 60_000

type Answer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: string }

const HOST = join(import.meta.dirname, 'function-host.ts')

/** Starts a bundle that is called as Lambda would, but by messages. */
export const startFunction: StartFunction = (folder, environment) => {
  const args = [join(folder, 'index.mjs')]
  const child = fork(HOST, args, { env: { ...environment }, execArgv: [], silent: true })
  const { end, endedEarly } = watch(child)
  return {
    invoke: (event, remainingMs = TIMEOUT_MS) =>
      Promise.race([answerOf(child, { event, remainingMs }), endedEarly()]),
    end,
  }
}

async function answerOf(child: ChildProcess, message: object): Promise<unknown> {
  const answered = once(child, 'message')
  child.send(message)
  const [answer] = (await answered) as [Answer]
  if (answer.kind === 'error') throw new Error(answer.error)
  return answer.result
}

/** Reads what a function's process writes, and ends it when the test is over. */
export function watch(child: ChildProcess) {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk
    })
  }
  const closed = once(child, 'close')
  // What a handler wrote before it answered is in the pipes by then.
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  onTestFinished(kill)
  return {
    end: async () => {
      await kill()
      return [output.stdout, output.stderr].flatMap(linesOf)
    },
    /** Rejects when it ends. */
    endedEarly: async (): Promise<never> => {
      await closed
      throw new Error(`the function ended: ${output.stdout}${output.stderr}`)
    },
  }
}

function linesOf(text: string): readonly LogLine[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as LogLine)
}
