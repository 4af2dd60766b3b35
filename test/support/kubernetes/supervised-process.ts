import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** A program that ends, by SIGKILL, with the process that started it, however that ends. */
export interface SupervisedProcess {
  readonly hasEnded: boolean
  /** The last of what it wrote, for the message of an error. */
  lastOutput(): string
  stop(): Promise<void>
}

const OUTPUT_LENGTH = 2_000

/** Ends the program when its own standard input ends, which is what happens when its parent dies. */
const SUPERVISOR = [
  'exec 3<&0',
  '"$@" 3<&- & program=$!',
  '{ cat; kill -9 $program; } <&3 >/dev/null 2>&1 & guard=$!',
  'wait $program; code=$?',
  'kill $guard 2>/dev/null; exit $code',
].join('\n')

export interface ProgramOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Path of a file that its output goes to. */
  readonly log: string
}

export function startSupervised({ program, args, log }: ProgramOptions): SupervisedProcess {
  const output = openSync(log, 'a')
  const child = spawn('sh', ['-c', SUPERVISOR, 'sh', program, ...args], {
    stdio: ['pipe', output, output],
  })
  closeSync(output)
  child.stdin?.on('error', () => undefined)
  const ended = once(child, 'exit')
  let hasEnded = false
  child.once('exit', () => {
    hasEnded = true
  })
  return {
    get hasEnded() {
      return hasEnded
    },
    lastOutput: () => readFileSync(log, 'utf8').slice(-OUTPUT_LENGTH),
    async stop() {
      child.stdin?.end()
      await ended
    },
  }
}
