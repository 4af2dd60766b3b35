/** A value of an attribute as it goes over the wire. */
export type AttributeJson = Readonly<Record<string, unknown>>
export type ItemJson = Readonly<Record<string, AttributeJson>>

/** An index as far as it costs: what is written into it. */
export interface IndexShape {
  readonly keys: readonly string[]
  /** Attributes beside the keys; undefined: all. */
  readonly projected: readonly string[] | undefined
}

export interface TableShape {
  readonly keys: readonly string[]
  readonly indexes: readonly IndexShape[]
}

const WRITE_UNIT_BYTES = 1_024
const READ_UNIT_BYTES = 4_096

/**
 * Bytes of an item: names and values in UTF-8; a number takes a byte for two digits and one more.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: ItemJson): number {
  const sizes = Object.entries(item).map(
    ([name, value]) => Buffer.byteLength(name) + valueBytes(value),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function valueBytes(attribute: AttributeJson): number {
  const [[type, value] = ['', undefined]] = Object.entries(attribute)
  if (type === 'S') return Buffer.byteLength(String(value))
  if (type === 'B') return Buffer.from(String(value), 'base64').length
  if (type === 'N') return numberBytes(String(value))
  if (type === 'BOOL' || type === 'NULL') return 1
  if (type === 'SS')
    return (value as string[]).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (type === 'L')
    return 3 + (value as AttributeJson[]).reduce((sum, it) => sum + 1 + valueBytes(it), 0)
  if (type === 'M') {
    const entries = value as ItemJson
    return 3 + Object.keys(entries).length + itemBytes(entries)
  }
  throw new Error(`the bench does not know the size of a ${type}`)
}

function numberBytes(text: string): number {
  const digits = text.replace(/^-|\./g, '').replace(/^0+|0+$/g, '')
  return Math.ceil(Math.max(digits.length, 1) / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}

/** Units of reading so many bytes in one go; half of them where a stale answer will do. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(Math.ceil(bytes / READ_UNIT_BYTES), 1) * (isConsistent ? 1 : 0.5)
}

/**
 * Units of a write that left `after` in the place of `before`, in the table and in every index: an index
 * is written where what it holds of the item has changed, and twice where the key has.
 */
export function writeUnits(
  { keys, indexes }: TableShape,
  before: ItemJson | undefined,
  after: ItemJson | undefined,
): number {
  const table = unitsOf(Math.max(bytesOf(before), bytesOf(after)))
  return indexes.reduce((sum, index) => sum + indexUnits(keys, index, before, after), table)
}

function indexUnits(
  tableKeys: readonly string[],
  index: IndexShape,
  before: ItemJson | undefined,
  after: ItemJson | undefined,
): number {
  const [old, present] = [before, after].map((item) => entryOf(tableKeys, index, item))
  if (JSON.stringify(old) === JSON.stringify(present)) return 0
  const isMoved =
    old &&
    present &&
    index.keys.some((key) => JSON.stringify(old[key]) !== JSON.stringify(present[key]))
  if (isMoved) return unitsOf(bytesOf(old)) + unitsOf(bytesOf(present))
  return unitsOf(Math.max(bytesOf(old), bytesOf(present)))
}

/** What an index holds of an item; undefined where the item lacks a key of it. */
function entryOf(
  tableKeys: readonly string[],
  { keys, projected }: IndexShape,
  item: ItemJson | undefined,
): ItemJson | undefined {
  if (!item || !keys.every((key) => key in item)) return undefined
  if (projected === undefined) return item
  const names = [...new Set([...tableKeys, ...keys, ...projected])].filter((name) => name in item)
  return Object.fromEntries(names.map((name) => [name, item[name] ?? {}]))
}

function bytesOf(item: ItemJson | undefined): number {
  return item ? itemBytes(item) : 0
}

function unitsOf(bytes: number): number {
  return Math.max(Math.ceil(bytes / WRITE_UNIT_BYTES), 1)
}
