import { CelError } from './cel-error.ts'

export type TokenKind =
  | 'float'
  | 'int'
  | 'uint'
  | 'string'
  | 'bytes'
  | 'ident'
  | 'escaped'
  | 'symbol'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** The index at which it begins, in UTF-16 units. */
  readonly at: number
}

/** The longest expression, in characters. The limit is cel-go's. */
const MAX_LENGTH = 100_000

const SPACE = /(?:[\t \r\n\f]+|\/\/[^\n]*)+/y
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[0-3][0-7][0-7]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})`
const TEXT = [
  String.raw`[rR]"""[\s\S]*?"""`,
  String.raw`[rR]'''[\s\S]*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  String.raw`"""(?:${ESCAPE}|[^\\])*?"""`,
  String.raw`'''(?:${ESCAPE}|[^\\])*?'''`,
  String.raw`"(?:${ESCAPE}|[^\\"\n\r])*"`,
  String.raw`'(?:${ESCAPE}|[^\\'\n\r])*'`,
].join('|')

/**
 * The kinds of tokens, in the order in which they are tried. A token is the longest that there is.
 */
const TOKENS: readonly (readonly [TokenKind, RegExp])[] = [
  ['string', new RegExp(TEXT, 'y')],
  ['bytes', new RegExp(`[bB](?:${TEXT})`, 'y')],
  ['float', /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/y],
  ['uint', /(?:0x[\da-fA-F]+|\d+)[uU]/y],
  ['int', /0x[\da-fA-F]+|\d+/y],
  ['ident', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['escaped', /`[A-Za-z0-9_.\-/ ]+`/y],
  ['symbol', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y],
]

/** The words that are symbols. They cannot be names of fields or functions. */
const WORDS: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null'])

/**
 * Splits an expression into tokens, by the grammar of cel-go:
 * https://github.com/google/cel-go/blob/v0.31.0/parser/gen/CEL.g4. Throws `CelError`.
 */
export function tokenize(source: string): readonly Token[] {
  if (source.length > 2 * MAX_LENGTH) throw tooLong()
  const text = source.toWellFormed()
  if ([...text].length > MAX_LENGTH) throw tooLong()
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(SPACE, text, at)?.length ?? 0
    if (at >= text.length) break
    const token = tokenAt(text, at)
    if (!token) throw syntaxError(text, at, `unexpected ${characterAt(text, at)}`)
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '', at: text.length })
  return tokens
}

function tooLong(): CelError {
  return new CelError(`the expression is longer than ${MAX_LENGTH} characters`)
}

/**
 * The index just after the bracket that closes an expression which begins at `at`; undefined when there is
 * none. A bracket within a text of CEL closes nothing.
 */
export function closingBracket(text: string, at: number): number | undefined {
  let depth = 0
  for (let next = at; next < text.length; ) {
    next += matchAt(SPACE, text, next)?.length ?? 0
    const token = tokenAt(text, next)
    if (token === undefined) return undefined
    next += token.text.length
    if (token.text === '(') depth += 1
    if (token.text === ')') depth -= 1
    if (depth < 0) return next
  }
  return undefined
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of TOKENS) {
    const found = matchAt(pattern, text, at)
    if (found === undefined) continue
    return { kind: WORDS.has(found) ? 'symbol' : kind, text: found, at }
  }
  return undefined
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function characterAt(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))
}

/** The error for a problem at a place in the source, which it names as line and column. */
export function syntaxError(source: string, at: number, problem: string): CelError {
  const before = source.slice(0, at).split('\n')
  const column = [...(before.at(-1) ?? '')].length + 1
  return new CelError(`${problem} at line ${before.length}, column ${column}`)
}
