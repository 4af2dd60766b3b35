/** The smallest part of a pattern of Go's regexp that can be understood by itself. */
export interface PatternToken {
  readonly text: string
  /** Whether the token stands between the brackets of a class. The closing `]` does. */
  readonly isInClass: boolean
}

/** A class of Unicode: `\pN`, `\p{Greek}`, `\P{^Greek}`. */
const PROPERTY = String.raw`\\[pP](?:\{[^}]*\}|[^{])`
const ESCAPED = String.raw`\\[^]`
const QUOTED = String.raw`\\Q[^]*?(?:\\E|$)`
const GROUP_START = String.raw`\(\?(?:P?<\w+>|[imsU-]*:)`
const CLASS_START = String.raw`\[\^?\]?`
const REPETITION = String.raw`\{\d+(?:,\d*)?\}`

const OUTSIDE = alternatives(PROPERTY, QUOTED, ESCAPED, GROUP_START, CLASS_START, REPETITION)

/** The tokens between brackets, where `\Q`, `(` and `{` have no special meaning. */
const IN_CLASS = alternatives(PROPERTY, ESCAPED, String.raw`\[:\^?\w+:\]`)

function alternatives(...patterns: readonly string[]): RegExp {
  return new RegExp([...patterns, '[^]'].join('|'), 'uy')
}

/**
 * The tokens of a pattern; joined, they are the pattern again. A text that is not a valid pattern
 * has tokens too. https://pkg.go.dev/regexp/syntax
 */
export function patternTokens(source: string): readonly PatternToken[] {
  const tokens: PatternToken[] = []
  let isInClass = false
  for (let at = 0; at < source.length; ) {
    const token: RegExp = isInClass ? IN_CLASS : OUTSIDE
    token.lastIndex = at
    const [text] = token.exec(source) ?? []
    if (text === undefined) throw new Error('every character is a token')
    tokens.push({ text, isInClass })
    isInClass = isInClass ? text !== ']' : text.startsWith('[')
    at += text.length
  }
  return tokens
}
