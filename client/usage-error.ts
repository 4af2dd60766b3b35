/** Something that the person at the terminal can mend; shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** 2: the command line is wrong. 1: what it asks for failed. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2) {
    super(message)
    this.exitCode = exitCode
  }
}
