import type { CelError } from './cel-error.ts'
import type { Checked } from './checker.ts'
import { CLAUSE_TYPES, parseFormat } from './format-text.ts'
import { syntaxError } from './lexer.ts'
import { formatType, isSameType, type StaticType } from './static-types.ts'
import type { CallNode, Element, ListNode, Node } from './syntax-tree.ts'

/**
 * Checks what cel-go checks besides types: lists and maps hold values of one type, except in the
 * arguments of `format`, and a format fits its arguments. Throws `CelError`.
 */
export function validate(checked: Checked): void {
  visit(checked, checked.root, false)
}

function visit(checked: Checked, node: Node, inFormat: boolean): void {
  if (node.kind === 'list' && !inFormat) oneType(checked, node.elements)
  if (node.kind === 'map' && !inFormat) {
    oneType(
      checked,
      node.entries.map(({ key }) => ({ value: key, optional: false })),
    )
    oneType(checked, node.entries)
  }
  const isFormat = node.kind === 'call' && node.name === 'format'
  if (isFormat) checkFormat(checked, node)
  for (const child of children(node)) visit(checked, child, inFormat || isFormat)
}

function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [node.operand]
    case 'call':
      return node.target ? [node.target, ...node.args] : node.args
    case 'list':
      return node.elements.map(({ value }) => value)
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value])
    case 'fold':
      return [node.range, node.predicate, node.transform].filter((child) => child !== undefined)
    case 'bind':
      return [node.value, node.body]
  }
}

function oneType(checked: Checked, elements: readonly Element[]): void {
  let first: StaticType | undefined
  for (const { value, optional } of elements) {
    const whole = checked.typeOf(value)
    const type = optional ? (whole.params[0] ?? whole) : whole
    first ??= type
    if (isSameType(first, type, false)) continue
    const problem = `a ${formatType(type)} among values of type ${formatType(first)}`
    throw failure(checked, value, problem)
  }
}

function checkFormat(checked: Checked, { target, args: [list], ...call }: CallNode): void {
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || list?.kind !== 'list')
    return
  const clauses = parseFormat(target.value).filter((part) => 'clause' in part)
  const { elements } = list satisfies ListNode
  if (clauses.length !== elements.length) {
    const problem = `format has ${clauses.length} clauses and ${elements.length} arguments`
    throw syntaxError(checked.source, call.at, problem)
  }
  for (const [index, { clause }] of clauses.entries()) {
    const element = elements[index]
    if (!element) continue
    const misfit = clause === 's' ? unprintable(checked, element.value) : element.value
    const wanted = CLAUSE_TYPES[clause] ?? []
    const type = misfit && checked.typeOf(misfit)
    if (!misfit || !type || type.kind === 'dyn' || (clause !== 's' && wanted.includes(type.name)))
      continue
    throw failure(checked, misfit, `%${clause} does not take a ${formatType(type)}`)
  }
}

/** The first part of a value that `%s` cannot print. */
function unprintable(checked: Checked, node: Node): Node | undefined {
  if (checked.typeOf(node).kind === 'optional') return node
  if (node.kind !== 'list' && node.kind !== 'map') return undefined
  return children(node).find((child) => unprintable(checked, child) !== undefined)
}

function failure(checked: Checked, node: Node, problem: string): CelError {
  return syntaxError(checked.source, node.at, problem)
}
