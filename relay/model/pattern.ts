import { RE2JS, RE2JSException } from 're2js'

/** A pattern in Go's RE2 syntax; testing a text takes time linear in its length. */
export interface Pattern {
  readonly source: string
  /** Unanchored. */
  test(text: string): boolean
}

/** Longest pattern that is compiled; longer ones are a mistake or an attack. */
const MAX_PATTERN_LENGTH = 4_096

/** Compiles a pattern, or says what is wrong with it. */
export function compilePattern(source: string): Pattern | { readonly error: string } {
  if (source.length > MAX_PATTERN_LENGTH) {
    return { error: `longer than ${MAX_PATTERN_LENGTH} characters` }
  }
  try {
    const compiled = RE2JS.compile(source)
    return { source, test: (text) => compiled.test(text) }
  } catch (error) {
    if (error instanceof RE2JSException) return { error: error.message }
    throw error
  }
}
