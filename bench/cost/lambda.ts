import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BuiltFunction } from './build.ts'
import type { Tally } from './counts.ts'
import type { MeteredServices } from './metered-services.ts'
import type { SlowSink } from './slow-sink.ts'

/** What the calls of a function came to. */
export interface Usage {
  invocations: number
  /** Processor time, in milliseconds. */
  cpuMs: number
  /** Times at which the function waited for a service of AWS, or for several at once. */
  serviceRounds: number
  /** Milliseconds in which it waited for the destination. */
  sinkMs: number
  /** Bytes of its own log lines, with what CloudWatch adds to each. */
  logBytes: number
  /** Most memory that its process had since it began, in MiB. */
  maxRssMiB: number
}

/** A function of a build in a process of its own. */
export interface MeteredFunction {
  readonly properties: BuiltFunction['properties']
  invoke(event: unknown): Promise<unknown>
  /** What it wrote that tells of trouble. */
  troubles(): string
  /** What it used since the last time; `counts` takes what it asked of AWS. */
  take(): Usage
  end(): Promise<void>
}

/** CloudWatch counts so many bytes beside the text of a line. */
export const LOG_LINE_OVERHEAD_BYTES = 26

const HOST = join(import.meta.dirname, 'function-host.ts')

interface Answer {
  readonly cpuMs: number
  readonly maxRssMiB: number
  readonly result?: unknown
  readonly error?: string
}

/** Starts a function. What it asks of AWS goes into `total`. */
export function startMeteredFunction(
  { folder, properties }: BuiltFunction,
  environment: Readonly<Record<string, string>>,
  parts: {
    readonly services: MeteredServices
    readonly sink: SlowSink
    readonly onCounts: (counts: Tally) => void
  },
): MeteredFunction {
  const { services, sink, onCounts } = parts
  const child = fork(HOST, [join(folder, 'index.mjs')], {
    ...{ env: { ...environment }, execArgv: [], silent: true, serialization: 'json' },
  })
  let usage = nothingUsed()
  let [failures, troubles] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').length - 1
    usage.logBytes += Buffer.byteLength(text) - lines + lines * LOG_LINE_OVERHEAD_BYTES
    if (/"level":"(WARN|ERROR)"/.test(text)) troubles += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    failures += text
  })
  const ended = once(child, 'close').then((): never => {
    throw new Error(`a function ended: ${failures}`)
  })
  ended.catch(() => undefined)
  return {
    properties,
    async invoke(event) {
      services.take()
      const sinkBefore = sink.busyMs()
      const answered = once(child, 'message')
      child.send(event as object)
      const [answer] = (await Promise.race([answered, ended])) as [Answer]
      if (answer.error !== undefined) throw new Error(`${answer.error}\n${failures}`)
      const { counts, rounds } = services.take()
      onCounts(counts)
      usage.invocations += 1
      usage.cpuMs += answer.cpuMs
      usage.maxRssMiB = answer.maxRssMiB
      usage.serviceRounds += rounds
      usage.sinkMs += sink.busyMs() - sinkBefore
      return answer.result
    },
    troubles: () => troubles + failures,
    take() {
      const taken = usage
      usage = nothingUsed()
      return taken
    },
    async end() {
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
    },
  }
}

function nothingUsed(): Usage {
  return { invocations: 0, cpuMs: 0, serviceRounds: 0, sinkMs: 0, logBytes: 0, maxRssMiB: 0 }
}
