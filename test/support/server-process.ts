import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/**
 * Starts a program that is ended when the test is over, and returns once what it prints has the
 * pattern. Rejects, with all that it printed, when the program ends first.
 */
export async function startServerProcess(
  command: string,
  args: readonly string[],
  cwd: string,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  const server = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise((resolve) => server.once('close', resolve))
  onTestFinished(async () => {
    server.kill()
    await exited
  })
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
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
  return promise
}
