import { Lexer } from 'yaml'

/** What of the lexer's own state is touched; version 2.9 of the library has it. */
interface LexerState {
  indentNext: number
  readonly flowLevel: number
  parseQuotedScalar(): Generator<string, unknown>
}

/**
 * A lexer that takes lines within brackets, braces and quotes at any indentation, as libyaml does,
 * by which `kubectl apply` reads YAML. The standard wants them deeper than their key.
 */
export function createLexer(): Lexer {
  const lexer = new Lexer()
  const state = lexer as unknown as LexerState
  let least = state.indentNext
  let isQuoting = false
  const parseQuotedScalar = state.parseQuotedScalar.bind(lexer)
  Object.defineProperties(lexer, {
    indentNext: {
      get: () => (isQuoting || state.flowLevel > 0 ? 0 : least),
      set: (indent: number) => {
        least = indent
      },
    },
    parseQuotedScalar: {
      *value() {
        isQuoting = true
        const next: unknown = yield* parseQuotedScalar()
        isQuoting = false
        return next
      },
    },
  })
  return lexer
}
