import { warnLine } from './print.ts'

/** Handles errors of stdout: a reader such as `head` ends when it has enough, and a disk may be full. */
export function endWithReader({ code, message }: NodeJS.ErrnoException): never {
  if (code !== 'EPIPE') warnLine(`error: cannot write to standard output: ${message}`)
  process.exit(1)
}
