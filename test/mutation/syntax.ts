import { parseAst } from 'vitest/node'

/** A node of the syntax tree (ESTree, and TypeScript's own nodes), with offsets into its source. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** The tree of a TypeScript source. Throws for what is no TypeScript. */
export function parse(source: string): Node {
  return parseAst(source, { lang: 'ts' }) as unknown as Node
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
  )
}

/** The nodes that a node consists of, without types: these are gone when the program runs. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([field]) => !TYPE_FIELDS.has(field))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .filter(({ type }) => !type.startsWith('TS') || AROUND_VALUES.has(type))
}

const TYPE_FIELDS = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments'])

/** TypeScript's nodes around an expression: `x as T`, `x!`, `x satisfies T`. */
const AROUND_VALUES = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'])

const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression'])

/** Functions with a body, in the order of the source: a number names each. */
export function functionsOf(tree: Node): readonly Node[] {
  const found: Node[] = []
  const visit = (node: Node) => {
    if (FUNCTIONS.has(node.type) && isNode(node.body)) found.push(node)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(tree)
  return found
}
