import { RE2JS, RE2JSException } from 're2js'
import { translateGoPattern } from './go-pattern.ts'
import { patternSize } from './pattern-size.ts'
import { patternTokens } from './pattern-tokens.ts'

/** A pattern of Go's regexp; testing a text takes time linear in its length. */
export interface Pattern {
  readonly source: string
  /** Unanchored. */
  test(text: string): boolean
}

/** Longest pattern that is compiled; longer ones are a mistake or an attack. */
const MAX_PATTERN_LENGTH = 4_096

/**
 * Most instructions of a pattern (`patternSize`). One test takes some 5 ns for each of them and each
 * character, so 1 s at the most for the longest message.
 */
const MAX_PATTERN_SIZE = 5_000

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
  const tokens = patternTokens(source)
  if (patternSize(tokens) > MAX_PATTERN_SIZE) {
    return { error: `its repetitions stand for more than ${MAX_PATTERN_SIZE} characters` }
  }
  const translation = translateGoPattern(tokens)
  if ('error' in translation) return translation
  try {
    const program = RE2JS.compile(translation.pattern)
    const pattern: Pattern = { source, test: (text) => program.test(text) }
    compiled.set(source, new WeakRef(pattern))
    unused.register(pattern, source)
    return pattern
  } catch (error) {
    if (error instanceof RE2JSException) return { error: error.message }
    throw error
  }
}
