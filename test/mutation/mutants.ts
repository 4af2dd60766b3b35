import { childrenOf, functionsOf, isNode, type Node, parse } from './syntax.ts'

/** A small fault that is put into a source: the text between two offsets is another. */
export interface Mutant {
  /** From the root of the repository, with slashes. */
  readonly file: string
  readonly start: number
  readonly end: number
  readonly text: string
  /** The number of the innermost function that it is in; undefined for what runs at the import. */
  readonly within: number | undefined
  readonly line: number
}

type Change = Pick<Mutant, 'start' | 'end' | 'text'>

const SWAPPED: Readonly<Record<string, string>> = {
  ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===' },
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '&&': '||', '||': '&&' },
  ...{ '+=': '-=', '-=': '+=', '++': '--', '--': '++' },
  ...{ min: 'max', max: 'min', some: 'every', every: 'some' },
}

/** Calls that give what they are called on, in another order or in part. */
const SHAPING = new Set([
  ...['sort', 'toSorted', 'reverse', 'toReversed', 'slice', 'filter', 'trim', 'toLowerCase'],
])

/** Every fault that this runner can put into a source, in the order of the source. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = parse(source)
  const functions = functionsOf(tree)
  const changes: Change[] = []
  const visit = (node: Node) => {
    changes.push(...changesOf(node, source))
    for (const child of childrenOf(node)) if (!isKey(node, child)) visit(child)
  }
  visit(tree)
  return changes.map((change) => ({
    ...{ file, ...change, line: source.slice(0, change.start).split('\n').length },
    within: innermost(functions, change),
  }))
}

/** The source with the fault in it. */
export function mutated(source: string, { start, end, text }: Change): string {
  return source.slice(0, start) + text + source.slice(end)
}

/** Whether the source still is one with the fault in it: a fault that no program has is none. */
export function isProgram(source: string, change: Change): boolean {
  try {
    parse(mutated(source, change))
    return true
  } catch {
    return false
  }
}

/** Names of modules and of fields are no values. */
function isKey(parent: Node, child: Node): boolean {
  if (child === parent.source) return true
  return child === parent.key && parent.computed !== true
}

function innermost(functions: readonly Node[], { start, end }: Change): number | undefined {
  const around = functions.filter((node) => node.start <= start && end <= node.end).at(-1)
  return around && functions.indexOf(around)
}

function changesOf(node: Node, source: string): readonly Change[] {
  const replace = ({ start, end }: Node, text: string): Change => ({ start, end, text })
  const textOf = ({ start, end }: Node) => source.slice(start, end)
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return operatorChanges(node, source)
    case 'UnaryExpression':
      return node.operator === '!' && isNode(node.argument)
        ? [replace(node, `(${textOf(node.argument)})`)]
        : []
    case 'IfStatement':
    case 'ConditionalExpression':
      return isNode(node.test) ? [replace(node.test, 'true'), replace(node.test, 'false')] : []
    case 'Literal':
      return literalChanges(node)
    case 'ExpressionStatement':
      return node.directive === null || node.directive === undefined ? [replace(node, ';')] : []
    case 'CallExpression':
      return callChanges(node, source)
    default:
      return []
  }
}

function operatorChanges(node: Node, source: string): readonly Change[] {
  const { left, right, operator } = node
  if (typeof operator !== 'string') return []
  if (operator === '??' && isNode(left)) {
    return [{ start: node.start, end: node.end, text: source.slice(left.start, left.end) }]
  }
  const text = SWAPPED[operator]
  // Where texts are joined there is nothing to take away.
  if (text === undefined || (operator === '+' && [left, right].some(isText))) return []
  const from = isNode(left) ? left.end : node.start
  const start = source.indexOf(operator, from)
  return [{ start, end: start + operator.length, text }]
}

function isText(value: unknown): boolean {
  if (!isNode(value)) return false
  return value.type === 'TemplateLiteral' || typeof value.value === 'string'
}

function literalChanges(node: Node): readonly Change[] {
  const { start, end, value, raw } = node
  if (typeof value === 'boolean') return [{ start, end, text: String(!value) }]
  if (typeof value === 'string') return [{ start, end, text: value === '' ? "'mutant'" : "''" }]
  return typeof value === 'number' ? [{ start, end, text: `(${raw} + 1)` }] : []
}

function callChanges({ callee, end }: Node, source: string): readonly Change[] {
  if (!isNode(callee) || callee.type !== 'MemberExpression') return []
  const { object, property } = callee
  if (!isNode(object) || !isNode(property) || property.type !== 'Identifier') return []
  const name = source.slice(property.start, property.end)
  if (SHAPING.has(name)) return [{ start: object.end, end, text: '' }]
  const text = SWAPPED[name]
  return text === undefined ? [] : [{ start: property.start, end: property.end, text }]
}
