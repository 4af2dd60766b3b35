import { isMap, isNode, isScalar, isSeq, type Node, type ParsedNode } from 'yaml'

/**
 * Where a field such as `spec.eventSources[0].kind` stands, as an offset into the source; when it
 * is missing, where the nearest part of its path does. A key may itself hold dots and brackets, so
 * the path is read along the nodes.
 */
export function offsetOfField(contents: ParsedNode, field: string): number {
  let found: Step = { node: contents, offset: contents.range[0], rest: field }
  for (;;) {
    if (found.rest === '') return found.offset
    const next: Step | undefined = isMap(found.node)
      ? intoMap(found.node.items, found.rest)
      : isSeq(found.node)
        ? intoSequence(found.node.items, found.rest)
        : undefined
    if (!next) return found.offset
    found = next
  }
}

interface Step {
  readonly node: unknown
  readonly offset: number
  readonly rest: string
}

function intoMap(pairs: readonly { key: unknown; value: unknown }[], path: string) {
  let best: Step | undefined
  let bestLength = 0
  for (const { key, value } of pairs) {
    if (!isScalar(key) || typeof key.value !== 'string' || key.value.length <= bestLength) continue
    if (!path.startsWith(key.value)) continue
    const rest = path.slice(key.value.length)
    if (!/^(?:$|[.[])/.test(rest)) continue
    bestLength = key.value.length
    best = { node: value, offset: startOf(key), rest: rest.replace(/^\./, '') }
  }
  return best
}

function intoSequence(items: readonly unknown[], path: string): Step | undefined {
  const [whole = '', index] = /^\[(\d{1,9})\]\.?/.exec(path) ?? []
  const node = items[Number(index)]
  if (!isNode(node)) return undefined
  return { node, offset: startOf(node), rest: path.slice(whole.length) }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}
