import { isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
import { isMergeKey } from './yaml-merge.ts'

/** How often a document may use aliases; resolving one takes time linear in the document. */
export const MAX_ALIASES = 100
/** Kubernetes bounds an object at 1.5 MiB. */
export const MAX_NODES = 200_000
export const MAX_DEPTH = 100
/** Characters and values of a document once its aliases are expanded. */
export const MAX_EXPANDED = 8 * 1024 * 1024

/** Something that a document may not hold, and where. */
export interface StructureError {
  readonly problem: string
  readonly offset: number
}

/** The first key that stands twice in one mapping, or is no scalar. Several merges may stand in one. */
export function duplicateKey(contents: Node): StructureError | undefined {
  for (const { node } of nodesOf(contents)) {
    if (!isMap(node)) continue
    const keys = new Set<string>()
    for (const { key } of node.items) {
      if (isMergeKey(key)) continue
      const offset = (isNode(key) ? key : node).range?.[0] ?? 0
      if (!isScalar(key)) return { problem: 'does not parse: a key is not a string', offset }
      const text = String(key.value)
      if (keys.has(text)) {
        return { problem: 'does not parse: the same key is twice in one mapping', offset }
      }
      keys.add(text)
    }
  }
  return undefined
}

/**
 * A block such as `|2` that ends in lines of blanks only, which kubectl keeps and the parser drops.
 * `text` is what the nodes are of.
 */
export function blankEnd(contents: Node, text: string): StructureError | undefined {
  for (const { node } of nodesOf(contents)) {
    if (!isScalar(node) || !node.type?.startsWith('BLOCK') || !node.range) continue
    const [start, end] = node.range
    const block = text.slice(start, end)
    if (!/^[|>]-?[1-9]/.test(block)) continue
    const isBlank =
      /^[\r\n]* +\r?\n/.test(text.slice(end, end + 1_000)) || /\n +\r?\n?$/.test(block)
    if (isBlank)
      return { problem: 'does not parse: a block ends in a line of blanks', offset: start }
  }
  return undefined
}

/** Whether a document is no object of ours by its size or its aliases, before they are expanded. */
export function exceededLimit(contents: Node): StructureError | undefined {
  const anchors = new Set<string>()
  let nodes = 0
  let aliases = 0
  for (const { node, depth } of nodesOf(contents)) {
    const offset = node.range?.[0] ?? 0
    if (depth > MAX_DEPTH) return { problem: `nested deeper than ${MAX_DEPTH} levels`, offset }
    nodes += 1
    if (nodes > MAX_NODES) return { problem: `holds more than ${MAX_NODES} values`, offset }
    if (!isAlias(node)) {
      if (node.anchor !== undefined) anchors.add(node.anchor)
      continue
    }
    if (!anchors.has(node.source)) {
      return { problem: 'an alias names an anchor that is not defined before it', offset }
    }
    aliases += 1
    if (aliases > MAX_ALIASES) return { problem: `uses more than ${MAX_ALIASES} aliases`, offset }
  }
  return undefined
}

/** Whether a value is too large, or holds itself, once its aliases are expanded. */
export function exceededSize(value: unknown): string | undefined {
  let size = 0
  const pending = [{ value, depth: 0 }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    size += typeof next.value === 'string' ? next.value.length + 1 : 1
    if (size > MAX_EXPANDED) return 'its aliases expand to too much'
    if (next.depth > MAX_DEPTH) return `its aliases nest deeper than ${MAX_DEPTH} levels`
    if (typeof next.value !== 'object' || next.value === null) continue
    const depth = next.depth + 1
    for (const inner of Object.values(next.value)) pending.push({ value: inner, depth })
  }
  return undefined
}

/** All nodes of a document in source order. A loop, because recursion would bound the depth. */
export function* nodesOf(
  contents: Node,
): Generator<{ readonly node: Node; readonly depth: number }> {
  const pending = [{ node: contents, depth: 0 }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    yield next
    const depth = next.depth + 1
    for (const node of childrenOf(next.node).toReversed()) {
      if (isNode(node)) pending.push({ node, depth })
    }
  }
}

function childrenOf(node: Node): readonly unknown[] {
  if (isMap(node)) return node.items.flatMap(({ key, value }) => [key, value])
  return isSeq(node) ? node.items : []
}
