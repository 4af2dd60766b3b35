import { RE2JS, RE2JSException } from 're2js'

/** A pattern in Go's RE2 syntax; testing a text takes time linear in its length. */
export interface Pattern {
  readonly source: string
  /** Unanchored. */
  test(text: string): boolean
}

/** Longest pattern that is compiled; longer ones are a mistake or an attack. */
const MAX_PATTERN_LENGTH = 4_096

/**
 * What is compiled and in use, by its source. A compiled pattern takes some 20 KB; thousands of
 * Alerts have the same few patterns, and a configuration has most of those of the one before it.
 */
const compiled = new Map<string, WeakRef<Pattern>>()
const unused = new FinalizationRegistry<string>((source) => {
  if (compiled.get(source)?.deref() === undefined) compiled.delete(source)
})

/** Compiles a pattern, or says what is wrong with it. Equal patterns share one program. */
export function compilePattern(source: string): Pattern | { readonly error: string } {
  if (source.length > MAX_PATTERN_LENGTH) {
    return { error: `longer than ${MAX_PATTERN_LENGTH} characters` }
  }
  const known = compiled.get(source)?.deref()
  if (known) return known
  try {
    const program = RE2JS.compile(source)
    const pattern: Pattern = { source, test: (text) => program.test(text) }
    compiled.set(source, new WeakRef(pattern))
    unused.register(pattern, source)
    return pattern
  } catch (error) {
    if (error instanceof RE2JSException) return { error: error.message }
    throw error
  }
}
