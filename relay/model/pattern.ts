import { RE2JS, RE2JSException } from 're2js'
import { translateGoPattern } from './go-pattern.ts'
import { patternSize } from './pattern-size.ts'
import { patternTokens } from './pattern-tokens.ts'

/** A pattern of Go's regexp; testing a text takes time linear in its length. */
export interface Pattern {
  readonly source: string
  /** Instructions: what a test costs for each character of a text, at the most. */
  readonly steps: number
  /** Unanchored. */
  test(text: string): boolean
}

/** Why a text is no pattern that can be used. */
export interface PatternProblem {
  readonly error: string
  /** Whether Go's regexp takes it, and it costs more than a pattern may. */
  readonly isTooCostly: boolean
}

/** Longest pattern that is compiled; longer ones are a mistake or an attack. */
const MAX_PATTERN_LENGTH = 4_096

/** Most of what a pattern may cost to compile (`patternSize`): some 50 ms. */
const MAX_PATTERN_SIZE = 5_000

/**
 * Most instructions of a compiled pattern. A test of a text takes a step for each instruction and each
 * character at the most, so 47 million for the longest message, of 39,000: a second or two. What people
 * write has some dozens, and the longest repetition that Go takes, `{1000}`, a thousand.
 */
const MAX_INSTRUCTIONS = 1_200

/**
 * What is compiled and in use, by its source. A compiled pattern takes some 20 KB; thousands of
 * Alerts have the same few patterns, and a configuration has most of those of the one before it.
 */
const compiled = new Map<string, WeakRef<Pattern>>()
const unused = new FinalizationRegistry<string>((source) => {
  if (compiled.get(source)?.deref() === undefined) compiled.delete(source)
})

/** What a pattern costs to compile, in characters that it stands for; 0 for one that is too long. */
export function patternCost(source: string): number {
  return source.length > MAX_PATTERN_LENGTH ? 0 : patternSize(patternTokens(source))
}

/**
 * Compiles a pattern, or says what is wrong with it. What it may cost is bounded by itself alone, so
 * that a match never depends on what else there is to do. Equal patterns share one program.
 */
export function compilePattern(source: string): Pattern | PatternProblem {
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
        `its repetitions stand for ${instructions} steps a character, ${most} are taken`,
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

function tooCostly(error: string): PatternProblem {
  return { error, isTooCostly: true }
}
