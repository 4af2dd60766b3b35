/** A number of one period; undefined where the metric has none. */
export type Datum = number | undefined

const TOKEN = /\s*(>=|<=|==|!=|[A-Za-z_]\w*|\d+(?:\.\d+)?|[-+*/(),<>])/y

const OPERATORS: ReadonlyArray<Readonly<Record<string, (a: number, b: number) => number>>> = [
  {
    '>': (a, b) => Number(a > b),
    '<': (a, b) => Number(a < b),
    '>=': (a, b) => Number(a >= b),
    '<=': (a, b) => Number(a <= b),
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
]

const FUNCTIONS: Readonly<Record<string, (...parameters: readonly Datum[]) => Datum>> = {
  IF: (condition, yes, no) => (condition === undefined ? undefined : condition === 0 ? no : yes),
  FILL: (value, substitute) => value ?? substitute,
}

/**
 * What CloudWatch makes of an expression in one period, as far as the relay's alarms go: numbers, ids,
 * + - * /, comparisons, IF and FILL. A missing operand makes the result missing. Throws for all else.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluateMath(expression: string, numberOf: (id: string) => Datum): Datum {
  const tokens = tokensOf(expression)
  const expect = (token: string) => {
    const found = tokens.shift()
    if (found !== token) throw new Error(`${expression}: ${token} expected, not ${found}`)
  }

  const readOperation = (level = 0): Datum => {
    const operators = OPERATORS[level]
    if (operators === undefined) return readOperand()
    let result = readOperation(level + 1)
    for (;;) {
      const operate = operators[tokens[0] ?? '']
      if (operate === undefined) return result
      tokens.shift()
      const right = readOperation(level + 1)
      result = result === undefined || right === undefined ? undefined : operate(result, right)
    }
  }

  const readOperand = (): Datum => {
    const token = tokens.shift() ?? ''
    if (token === '(') {
      const result = readOperation()
      expect(')')
      return result
    }
    if (!/^\w/.test(token)) throw new Error(`${expression}: a number expected, not ${token}`)
    const call = FUNCTIONS[token]
    if (call === undefined) return /^\d/.test(token) ? Number(token) : numberOf(token)
    expect('(')
    const parameters = [readOperation()]
    while (tokens[0] === ',') {
      tokens.shift()
      parameters.push(readOperation())
    }
    expect(')')
    return call(...parameters)
  }

  const result = readOperation()
  if (tokens.length > 0) throw new Error(`${expression}: ${tokens[0]} is one too many`)
  return result
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex
    const [, token] = TOKEN.exec(expression) ?? []
    if (token === undefined) throw new Error(`${expression}: cannot be read from ${at} on`)
    tokens.push(token)
  }
  return tokens
}
