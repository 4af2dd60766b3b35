import { Worker } from 'node:worker_threads'
import { Shares } from '../../../relay/model/shares.ts'
import { Turns } from '../../../relay/pipeline/destinations/turns.ts'
import type { HostRules } from '../../../relay/pipeline/reconcile.ts'
import type {
  AskMessage,
  Asks,
  FromConfigThread,
  Tasks,
  ThreadResult,
  ToConfigThread,
} from './messages.ts'
import { resultOf, settledValue } from './results.ts'

/**
 * The URL of the thread's program. It is beside this file, whether that is a source or part of a
 * bundle.
 */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './config-thread.ts' : './config-thread.mjs',
  import.meta.url,
)

/** Tasks that are under way or wait, of all clusters: bodies of 6 MiB at the most. */
const MAX_TASKS = 16

/** After so long without a task the thread ends, and its memory is free. Milliseconds. */
const IDLE_MS = 30_000

/** The largest body of the smallest values takes a third of it; what takes more ends the thread. */
const MAX_HEAP_MB = 512

/**
 * The room for the thread's young objects. V8 can move all of them to the old ones at once. With the
 * default, 48 MiB, that goes past what a thread at its limit is given to end in, and V8 ends the whole
 * process instead of the thread (Node 24.21: 14 of 15 times at a limit of 128 MiB; with 16, never).
 */
const MAX_YOUNG_MB = 16

/** There are too many tasks, of this cluster or of all. */
export class TooManyTasks extends Error {
  override readonly name = 'TooManyTasks'
}

/** Answers what the thread asks. */
export type AskHandlers = {
  readonly [Name in keyof Asks]: (input: Asks[Name]['input']) => Promise<Asks[Name]['output']>
}

export interface ConfigThread {
  /**
   * Does a task in the thread, which begins when there is one. One is done at a time; clusters take
   * turns. Rejects with `TooManyTasks`, and when the thread dies, which the next task begins anew.
   */
  run<Name extends keyof Tasks>(
    cluster: string,
    name: Name,
    input: Tasks[Name]['input'],
  ): Promise<Tasks[Name]['output']>
  /** Ends the thread; what it has to do is rejected. */
  close(): Promise<void>
}

export interface ConfigThreadOptions {
  readonly answers: AskHandlers
  /** By what it judges, beside the sets. */
  readonly host?: HostRules
  readonly program?: URL
  readonly idleMs?: number
  readonly maxHeapMb?: number
}

export function createConfigThread(options: ConfigThreadOptions): ConfigThread {
  return new OneThread(options)
}

interface PendingTask {
  readonly message: ToConfigThread
  resolve(value: unknown): void
  reject(error: unknown): void
}

class OneThread implements ConfigThread {
  readonly #options: ConfigThreadOptions
  readonly #shares = new Shares(MAX_TASKS)
  readonly #turns = new Turns<string>()
  readonly #waiting = new Map<string, PendingTask[]>()
  #worker: Worker | undefined
  #current: PendingTask | undefined
  #idle: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: ConfigThreadOptions) {
    this.#options = options
  }

  async run<Name extends keyof Tasks>(
    cluster: string,
    name: Name,
    input: Tasks[Name]['input'],
  ): Promise<Tasks[Name]['output']> {
    if (this.#isClosed) throw new Error('the relay is stopping')
    if (!this.#shares.allows(cluster)) {
      throw new TooManyTasks('too many configurations wait to be judged')
    }
    this.#shares.take(cluster)
    try {
      const result = new Promise<unknown>((resolve, reject) => {
        const message = { kind: 'task', name, input } as ToConfigThread
        const own = this.#waiting.get(cluster) ?? []
        this.#waiting.set(cluster, own)
        own.push({ message, resolve, reject })
        this.#turns.add(cluster)
        this.#next()
      })
      return (await result) as Tasks[Name]['output']
    } finally {
      this.#shares.give(cluster)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#end(new Error('the relay is stopping'))
    for (const own of this.#waiting.values()) {
      for (const { reject } of own) reject(new Error('the relay is stopping'))
    }
    this.#waiting.clear()
  }

  #next(): void {
    if (this.#current !== undefined || this.#isClosed) return
    const cluster = this.#turns.next()
    if (cluster === undefined) {
      this.#idle = setTimeout(() => void this.#end(), this.#options.idleMs ?? IDLE_MS).unref()
      return
    }
    clearTimeout(this.#idle)
    const own = this.#waiting.get(cluster) ?? []
    this.#current = own.shift()
    if (own.length > 0) this.#turns.add(cluster)
    else this.#waiting.delete(cluster)
    this.#worker ??= this.#start()
    this.#tell(this.#worker, this.#current?.message)
  }

  #start(): Worker {
    const { program = PROGRAM, maxHeapMb = MAX_HEAP_MB, host = {} } = this.#options
    const worker = new Worker(program, {
      workerData: host,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: MAX_YOUNG_MB },
    })
    let reason = 'it ended by itself'
    worker.unref()
    worker.on('message', (message: FromConfigThread) => {
      if (message.kind === 'ask') void this.#answer(worker, message)
      else this.#settle(message.result)
    })
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#fail(new Error(`the thread of configurations died: ${reason}`))
    })
    return worker
  }

  async #answer(worker: Worker, { id, name, input }: AskMessage): Promise<void> {
    const answer = this.#options.answers[name] as (input: unknown) => Promise<unknown>
    const result = await resultOf(answer(input))
    this.#tell(worker, { kind: 'answer', id, result })
  }

  #tell(worker: Worker, message: ToConfigThread | undefined): void {
    worker.postMessage(message)
  }

  #settle(result: ThreadResult<unknown>): void {
    const current = this.#current
    this.#current = undefined
    try {
      current?.resolve(settledValue(result))
    } catch (error) {
      current?.reject(error)
    }
    this.#next()
  }

  #fail(error: Error): void {
    const current = this.#current
    this.#current = undefined
    current?.reject(error)
    this.#next()
  }

  async #end(error?: Error): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    if (error) this.#fail(error)
  }
}
