/** A rule that is not in its form; the message says what was expected. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
}
