import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'
import { nodesOf, type StructureError } from './structure.ts'
import { isMergeKey } from './yaml-merge.ts'
import { resolveScalar, type ScalarValue } from './yaml-scalar.ts'

/** Keys that merges may copy, in one document; a merge of a merge doubles. */
const MAX_MERGED_KEYS = 200_000

/**
 * The JSON value that `kubectl apply` makes of a document: what sigs.k8s.io/yaml does. Parts that
 * aliases share are shared. A scalar of the nodes is the text as it is written, without quotes.
 */
export function jsonValueOf(contents: Node): { readonly value: unknown } | StructureError {
  try {
    return { value: new Conversion(contents).valueOf(contents) }
  } catch (error) {
    if (error instanceof UnsupportedYaml) return { problem: error.message, offset: error.offset }
    throw error
  }
}

class UnsupportedYaml extends Error {
  readonly offset: number

  constructor(problem: string, { range }: Pick<Node, 'range'>) {
    super(`does not parse: ${problem}`)
    this.offset = range?.[0] ?? 0
  }
}

class Conversion {
  /** The node that each alias stands for. */
  readonly #targets = new Map<Node, Node>()
  /** The values of nodes with an anchor, so that an alias shares them. */
  readonly #converted = new Map<Node, unknown>()
  #mergedKeys = 0

  constructor(contents: Node) {
    const anchors = new Map<string, Node>()
    for (const { node } of nodesOf(contents)) {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target) this.#targets.set(node, target)
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    }
  }

  valueOf(node: unknown): unknown {
    if (isAlias(node)) return this.#aliased(node)
    if (isScalar(node)) return this.#remember(node, jsonScalar(scalarOf(node)))
    if (isSeq(node)) {
      return this.#remember(
        node,
        node.items.map((item) => this.valueOf(item)),
      )
    }
    return isMap(node) ? this.#remember(node, this.#mapOf(node)) : null
  }

  #remember(node: Node, value: unknown): unknown {
    this.#converted.set(node, value)
    return value
  }

  #aliased(alias: Node): unknown {
    const target = this.#targets.get(alias)
    if (isScalar(target)) return this.valueOf(target)
    if (target && this.#converted.has(target)) return this.#converted.get(target)
    throw new UnsupportedYaml('an alias is inside the value that it names', alias)
  }

  #mapOf(map: YAMLMap): unknown {
    const values = new Map<string, unknown>()
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        for (const [name, merged] of this.#merged(value, key)) values.set(name, merged)
      } else {
        values.set(this.#keyOf(key, map), this.valueOf(value))
      }
    }
    return Object.fromEntries(values)
  }

  #keyOf(node: unknown, map: YAMLMap): string {
    const key = isAlias(node) ? this.#targets.get(node) : node
    if (!isScalar(key)) throw new UnsupportedYaml('a key is not a string', map)
    const value = scalarOf(key)
    if (typeof value === 'string') return value
    if (value !== null && typeof value !== 'number') return String(value)
    throw new UnsupportedYaml('a key is null, or a number with a fraction; put it in quotes', key)
  }

  /** The keys of a merge, of which the last ones count: that of a list's first mapping. */
  #merged(value: unknown, key: Node): readonly (readonly [string, unknown])[] {
    const sources = isSeq(value) ? value.items.toReversed() : [value]
    return sources.flatMap((source) => {
      const target = isAlias(source) ? this.#targets.get(source) : source
      if (!isMap(target)) throw new UnsupportedYaml('a merge key merges no mapping', key)
      const entries = Object.entries(this.valueOf(source) as object)
      this.#mergedKeys += entries.length
      if (this.#mergedKeys > MAX_MERGED_KEYS) throw new UnsupportedYaml('it merges too much', key)
      return entries
    })
  }
}

function scalarOf(node: Scalar): ScalarValue {
  const resolved = resolveScalar(node)
  if ('problem' in resolved) throw new UnsupportedYaml(resolved.problem, node)
  return resolved.value
}

function jsonScalar(value: ScalarValue): string | number | boolean | null {
  return typeof value === 'bigint' ? Number(value) : value
}
