import type { CelError } from './cel-error.ts'
import { syntaxError, type Token, type TokenKind, tokenize } from './lexer.ts'
import { bytesLiteral, floatLiteral, intLiteral, stringLiteral, uintLiteral } from './literals.ts'
import { deepest, expandMacro, type WrittenCall } from './macros.ts'
import { type Element, MAX_DEPTH, type MapEntry, type Node } from './syntax-tree.ts'
import { CelUint, type CelValue } from './values.ts'

/** The reserved words: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const RELATIONS = ['<', '<=', '>=', '>', '==', '!=', 'in']

/** Parses an expression into a tree with its macros expanded. Throws `CelError`. */
export function parse(source: string): Node {
  return new Parser(source).parse()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0
  /** How many brackets and branches of `? :` enclose the current place. */
  #nesting = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokenize(source)
  }

  parse(): Node {
    const node = this.#expression()
    if (this.#peek().kind !== 'end') throw this.#unexpected()
    return node
  }

  #expression(): Node {
    this.#nesting += 1
    if (this.#nesting > MAX_DEPTH) throw this.#tooDeep()
    const condition = this.#logical('||', () => this.#logical('&&', () => this.#relation()))
    const question = this.#take('?')
    const node = question ? this.#conditional(condition, question.at) : condition
    this.#nesting -= 1
    return node
  }

  #conditional(condition: Node, at: number): Node {
    const yes = this.#logical('||', () => this.#logical('&&', () => this.#relation()))
    this.#expect(':')
    return this.#operator('_?_:_', [condition, yes, this.#expression()], at)
  }

  /** Parses `a || b || c` as one call of three arguments: the grouping makes no difference. */
  #logical(symbol: '||' | '&&', operand: () => Node): Node {
    const first = operand()
    const { at } = this.#peek()
    const args = [first]
    while (this.#take(symbol)) args.push(operand())
    if (args.length === 1) return first
    return { kind: 'call', name: `_${symbol}_`, target: undefined, args, at, depth: deepest(args) }
  }

  #relation(): Node {
    return this.#binary(RELATIONS, () =>
      this.#binary(['+', '-'], () => this.#binary(['*', '/', '%'], () => this.#unary())),
    )
  }

  #binary(symbols: readonly string[], operand: () => Node): Node {
    let left = operand()
    for (;;) {
      const token = this.#peek()
      if (token.kind !== 'symbol' || !symbols.includes(token.text)) return left
      this.#next += 1
      const name = token.text === 'in' ? '@in' : `_${token.text}_`
      left = this.#operator(name, [left, operand()], token.at)
    }
  }

  #unary(): Node {
    const symbol = this.#peek().text
    if (this.#peek().kind !== 'symbol' || (symbol !== '-' && symbol !== '!')) return this.#member()
    // A minus before a number is part of the literal.
    if (symbol === '-' && this.#isNumber(1)) return this.#member()
    const { at } = this.#peek()
    let count = 0
    while (this.#take(symbol)) count += 1
    const operand = this.#member()
    if (count % 2 === 0) return operand
    const { depth } = operand
    return { kind: 'call', name: `${symbol}_`, target: undefined, args: [operand], at, depth }
  }

  #isNumber(ahead: number): boolean {
    const kind = this.#tokens[this.#next + ahead]?.kind
    return kind === 'int' || kind === 'float'
  }

  #member(): Node {
    let node = this.#primary()
    for (;;) {
      const token = this.#peek()
      if (this.#take('.')) node = this.#selection(node, token.at)
      else if (this.#take('[')) node = this.#index(node, token.at)
      else return node
    }
  }

  #selection(operand: Node, at: number): Node {
    const optional = this.#take('?')
    const token = this.#peek()
    if (token.kind !== 'ident' && token.kind !== 'escaped') throw this.#unexpected()
    this.#next += 1
    const field = token.kind === 'escaped' ? token.text.slice(1, -1) : token.text
    if (optional) {
      const name: Node = { kind: 'literal', value: field, at: token.at, depth: 0 }
      return this.#operator('_?._', [operand, name], at)
    }
    const open = token.kind === 'ident' ? this.#take('(') : undefined
    if (open)
      return this.#call({ name: field, target: operand, args: this.#arguments(), at: open.at })
    if (this.#peek().text === '{') throw this.#noMessages()
    return this.#deeper({ kind: 'select', operand, field, test: false, at, depth: operand.depth })
  }

  #index(operand: Node, at: number): Node {
    const name = this.#take('?') ? '_[?_]' : '_[_]'
    const index = this.#expression()
    this.#expect(']')
    return this.#operator(name, [operand, index], at)
  }

  #primary(): Node {
    const token = this.#peek()
    if (token.kind === 'symbol') return this.#bracketed(token)
    if (token.kind === 'ident') return this.#name('')
    const literal = this.#literal(token, false)
    this.#next += 1
    return literal
  }

  #bracketed(token: Token): Node {
    const { text, at } = token
    this.#next += 1
    if (text === '(') {
      const node = this.#expression()
      this.#expect(')')
      return node
    }
    if (text === '[') return this.#list(at)
    if (text === '{') return this.#map(at)
    if (text === '.' && this.#peek().kind === 'ident') return this.#name('.')
    if (text === '-' && this.#isNumber(0)) {
      const literal = this.#literal(this.#peek(), true)
      this.#next += 1
      return literal
    }
    if (text === 'true' || text === 'false') return literalNode(text === 'true', at)
    if (text === 'null') return literalNode(null, at)
    this.#next -= 1
    throw this.#unexpected()
  }

  /** Parses an identifier, or a call of a function. */
  #name(dot: '' | '.'): Node {
    const { text, at } = this.#peek()
    this.#next += 1
    if (RESERVED.has(text)) throw syntaxError(this.#source, at, `${text} is a reserved word`)
    const name = dot + text
    const open = this.#take('(')
    if (open) {
      return this.#call({ name, target: undefined, args: this.#arguments(), at: open.at })
    }
    if (this.#peek().text === '{') throw this.#noMessages()
    return { kind: 'ident', name, at, depth: 0 }
  }

  #call(call: WrittenCall): Node {
    const { target } = call
    const operands = target ? [target, ...call.args] : call.args
    const depth = deepest(operands)
    const node = expandMacro(call) ?? { kind: 'call' as const, ...call, depth }
    return target ? this.#deeper(node) : node
  }

  /** Parses the arguments of a call, after the opening bracket. */
  #arguments(): readonly Node[] {
    const args: Node[] = []
    if (this.#take(')')) return args
    do args.push(this.#expression())
    while (this.#take(','))
    this.#expect(')')
    return args
  }

  #list(at: number): Node {
    const elements: Element[] = []
    this.#items(']', () => {
      const optional = this.#take('?') !== undefined
      elements.push({ optional, value: this.#expression() })
    })
    return { kind: 'list', elements, at, depth: deepest(elements.map(({ value }) => value)) }
  }

  #map(at: number): Node {
    const entries: MapEntry[] = []
    this.#items('}', () => {
      const optional = this.#take('?') !== undefined
      const key = this.#expression()
      this.#expect(':')
      entries.push({ optional, key, value: this.#expression() })
    })
    const nodes = entries.flatMap(({ key, value }) => [key, value])
    return { kind: 'map', entries, at, depth: deepest(nodes) }
  }

  /**
   * Parses items with commas between them. A comma after the last item, or without items, is
   * allowed.
   */
  #items(close: string, item: () => void): void {
    const isEmpty = this.#take(',') !== undefined
    while (!isEmpty && this.#peek().text !== close) {
      item()
      if (!this.#take(',')) break
    }
    this.#expect(close)
  }

  #literal(token: Token, negative: boolean): Node {
    const value = literalValue(token, negative)
    if (value === undefined) {
      if (!LITERALS.has(token.kind)) throw this.#unexpected()
      throw syntaxError(this.#source, token.at, `${token.text} is not a valid ${token.kind}`)
    }
    return literalNode(value, token.at)
  }

  #operator(name: string, args: readonly Node[], at: number): Node {
    const depth = deepest(args)
    return this.#deeper({ kind: 'call', name, target: undefined, args, at, depth })
  }

  #deeper(node: Node): Node {
    const deeper = { ...node, depth: node.depth + 1 }
    if (deeper.depth > MAX_DEPTH) throw this.#tooDeep()
    return deeper
  }

  #peek(): Token {
    const last = this.#tokens.length - 1
    return this.#tokens[Math.min(this.#next, last)] ?? { kind: 'end', text: '', at: 0 }
  }

  #take(symbol: string): Token | undefined {
    const token = this.#peek()
    if (token.kind !== 'symbol' || token.text !== symbol) return undefined
    this.#next += 1
    return token
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) throw this.#unexpected(`, where a ${symbol} is missing`)
  }

  #unexpected(hint = ''): CelError {
    const { kind, text, at } = this.#peek()
    const what = kind === 'end' ? 'the expression ends' : `unexpected ${text}`
    return syntaxError(this.#source, at, what + hint)
  }

  #tooDeep(): CelError {
    const problem = `the expression nests more than ${MAX_DEPTH} deep`
    return syntaxError(this.#source, this.#peek().at, problem)
  }

  #noMessages(): CelError {
    const problem = 'protobuf messages such as google.protobuf.Int64Value{…} are not supported'
    return syntaxError(this.#source, this.#peek().at, problem)
  }
}

const LITERALS: ReadonlySet<TokenKind> = new Set(['int', 'uint', 'float', 'string', 'bytes'])

function literalNode(value: CelValue, at: number): Node {
  return { kind: 'literal', value, at, depth: 0 }
}

function literalValue({ kind, text }: Token, negative: boolean): CelValue | undefined {
  if (kind === 'int') return intLiteral(text, negative)
  if (kind === 'float') return floatLiteral(text, negative)
  if (kind === 'string') return stringLiteral(text)
  if (kind === 'bytes') return bytesLiteral(text)
  if (kind !== 'uint') return undefined
  const value = uintLiteral(text)
  return value === undefined ? undefined : new CelUint(value)
}
