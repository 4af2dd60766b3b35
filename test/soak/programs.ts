import { join } from 'node:path'
import type { Bench, ServedProcess } from '../../bench/processes.ts'
import { startFlags } from '../../bench/relay-process.ts'

/** A command that is killed and started again, on the same port and the same data. */
export interface Program {
  /** With a slash at its end. */
  readonly url: string
  readonly pid: number
  /** SIGKILL, and after so long the next start. */
  kill(offMs: number): Promise<void>
  /** SIGKILL, for good. */
  end(): Promise<void>
  /** Sets its clock, in milliseconds from the machine's. */
  setClock(ms: number): Promise<void>
}

const PROJECT = join(import.meta.dirname, '../..')

/** Starts `flux-relay COMMAND`; the first start takes a free port, which it keeps. */
export async function startProgram(
  bench: Bench,
  args: readonly string[],
  wait: (ms: number) => Promise<unknown>,
): Promise<Program> {
  const clock = ['--import', join(import.meta.dirname, 'clock-offset.ts')]
  let offsetMs = 0
  const start = async (port: string): Promise<ServedProcess> => {
    const own = [...startFlags(), ...clock, 'bin/flux-relay.ts', ...args, '--port', port]
    const process = await bench.start(own, { cwd: PROJECT, answers: true })
    if (offsetMs !== 0) await process.ask(offsetMs)
    return process
  }
  let running = await start('0')
  const { port } = new URL(running.url)
  const url = `http://127.0.0.1:${port}/`
  return {
    url,
    get pid() {
      return running.pid
    },
    async kill(offMs) {
      await running.stop()
      await wait(offMs)
      running = await start(port)
    },
    end: () => running.stop(),
    async setClock(ms) {
      offsetMs = ms
      await running.ask(ms)
    },
  }
}
