/** Handles errors of stdout: a reader such as `head` ends when it has enough. */
export function endWithReader(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EPIPE') throw error
  process.exit(1)
}
