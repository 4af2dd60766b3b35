import { RE2JS, RE2JSException } from 're2js'
import { translateGoPattern } from './go-pattern.ts'
import { patternSize } from './pattern-size.ts'
import { patternTokens } from './pattern-tokens.ts'

/** A compiled pattern of Go's regexp. A test takes time linear in the length of the text. */
export interface Pattern {
  readonly source: string
  /** The number of instructions: the most steps that a test takes for one character. */
  readonly steps: number
  /** Whether the pattern matches anywhere in the text. */
  test(text: string): boolean
}

/** The reason why a pattern cannot be used. */
export interface PatternError {
  readonly error: string
  /** Whether Go's regexp accepts the pattern, but it costs more than a pattern may. */
  readonly isTooCostly: boolean
}

/** The longest pattern that is compiled, in characters; longer ones are a mistake or an attack. */
const MAX_PATTERN_LENGTH = 4_096

/** The most that a pattern may cost to compile, in units of `patternSize`: about 50 ms. */
const MAX_PATTERN_SIZE = 5_000

/**
 * The most instructions of a compiled pattern. A test takes at most one step for each instruction
 * and each character. So the longest message, of 39,000 characters, takes at most 47 million steps:
 * a second or two. Ordinary patterns have some dozens of instructions, and the longest repetition
 * that Go accepts, `{1000}`, has a thousand.
 */
const MAX_INSTRUCTIONS = 1_200

/**
 * The compiled patterns that are in use, by their sources. One takes about 20 KB. Thousands of
 * Alerts share a few patterns, and a new configuration has most of the patterns of the one before
 * it.
 */
const compiled = new Map<string, WeakRef<Pattern>>()
const unused = new FinalizationRegistry<string>((source) => {
  if (compiled.get(source)?.deref() === undefined) compiled.delete(source)
})

/**
 * The cost of compiling a pattern, in characters that it stands for; 0 for a pattern that is too
 * long.
 */
export function patternCost(source: string): number {
  return source.length > MAX_PATTERN_LENGTH ? 0 : patternSize(patternTokens(source))
}

/**
 * Compiles a pattern, or tells what is wrong with it. The bound on its cost depends on the pattern
 * alone, so a match never depends on other load. Equal patterns share one program.
 */
export function compilePattern(source: string): Pattern | PatternError {
  if (source.length > MAX_PATTERN_LENGTH) {
    return tooCostly(`longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  const known = compiled.get(source)?.deref()
  if (known) return known
  const tokens = patternTokens(source)
  if (patternSize(tokens) > MAX_PATTERN_SIZE) {
    const parts = `its repetitions and classes stand for more than ${MAX_PATTERN_SIZE} characters`
    return tooCostly(parts)
  }
  const translation = translateGoPattern(tokens)
  if ('error' in translation) return { error: translation.error, isTooCostly: false }
  try {
    const program = RE2JS.compile(translation.pattern)
    const instructions = program.programSize()
    if (instructions > MAX_INSTRUCTIONS) {
      const most = `at most ${MAX_INSTRUCTIONS}`
      return tooCostly(
        `its repetitions take ${instructions} steps for each character, and ${most} are allowed`,
      )
    }
    const pattern: Pattern = { source, steps: instructions, test: (text) => program.test(text) }
    compiled.set(source, new WeakRef(pattern))
    unused.register(pattern, source)
    return pattern
  } catch (error) {
    if (error instanceof RE2JSException) return { error: error.message, isTooCostly: false }
    throw error
  }
}

function tooCostly(error: string): PatternError {
  return { error, isTooCostly: true }
}
