import { type ChildProcess, fork } from 'node:child_process'
import { resolve } from 'node:path'
import type { Asked, Ran } from './session.ts'

const SESSION = resolve(import.meta.dirname, 'session.ts')

/** Runs of tests, in a process that is started anew after one that did not end. */
export class Session {
  readonly #traced: readonly string[]
  readonly #traceFile: string | undefined
  #child: ChildProcess | undefined

  /** With a file, functions of sources in the folders write there who called them. */
  constructor(traced: readonly string[] = [], traceFile?: string) {
    this.#traced = traced
    this.#traceFile = traceFile
  }

  /** Undefined when the run took longer. Rejects when the process ends by itself. */
  async run(asked: Asked, timeoutMs: number): Promise<Ran | undefined> {
    this.#child ??= this.#start()
    const child = this.#child
    const ran = await new Promise<Ran | 'late' | 'exit'>((resolve) => {
      const timer = setTimeout(() => resolve('late'), timeoutMs)
      const settle = (result: Ran | 'exit') => {
        clearTimeout(timer)
        resolve(result)
      }
      child.once('message', (message) => settle(message as Ran))
      child.once('exit', () => settle('exit'))
      child.send(asked)
    })
    child.removeAllListeners('message')
    child.removeAllListeners('exit')
    if (ran === 'exit') {
      this.#child = undefined
      throw new Error('the process of the tests ended')
    }
    if (ran !== 'late') return ran
    this.stop()
    return undefined
  }

  /** Ends the process, and the workers of its own, which may be in an endless loop. */
  stop(): void {
    const { pid } = this.#child ?? {}
    this.#child = undefined
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  #start(): ChildProcess {
    return fork(SESSION, this.#traced, {
      // A group of its own, to be ended as one.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...(this.#traceFile && { TRACE_FILE: this.#traceFile }) },
    })
  }
}
