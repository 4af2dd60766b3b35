import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'

/** An item of DynamoDB. */
export type Item = Record<string, AttributeValue>

/** The text of a string attribute; undefined for any other. */
export function textOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S
}

/** The value of a number attribute; undefined for any other. */
export function numberOf(item: Item | undefined, name: string): number | undefined {
  const digits = item?.[name]?.N
  return digits === undefined ? undefined : Number(digits)
}

/** The bytes of a binary attribute; undefined for any other. */
export function bytesOf(item: Item | undefined, name: string): Uint8Array | undefined {
  return item?.[name]?.B
}

/** A string attribute; no attribute when the value is undefined. */
export function textIfPresent(name: string, value: string | undefined): Item {
  return value === undefined ? {} : { [name]: { S: value } }
}

/**
 * The placeholders `#name` for attributes in expressions, since nearly 600 words are reserved
 * there. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
 */
export function namesOf(...attributes: readonly string[]): Record<string, string> {
  return Object.fromEntries(attributes.map((attribute) => [`#${attribute}`, attribute]))
}

/** Resolves with false when the condition of a write did not hold; other failures reject. */
export async function wasWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

/** An item that this program did not write, or that somebody changed. */
export class MalformedItem extends Error {
  override readonly name = 'MalformedItem'

  constructor(table: string, key: string) {
    super(`the item ${key} of table ${table} is not one that flux-relay wrote`)
  }
}
