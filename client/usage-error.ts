/** An error that the person at the terminal can correct. It is shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The exit code: 2 when the command line is wrong, 1 when the command failed. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2) {
    super(message)
    this.exitCode = exitCode
  }
}
