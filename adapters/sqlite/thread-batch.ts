import type { SQLInputValue } from 'node:sqlite'
import type { Batch } from './relay-database.ts'
import type { Statement, UnitStatement } from './statement.ts'

/**
 * A batch as it goes to the thread of the database: one list of plain values, because copying it to
 * another thread then costs a third of what a tree of objects costs, and each SQL text goes once.
 */
export interface BatchData {
  /** SQL texts that the thread has not seen; they get the next numbers, from 0. */
  readonly texts: readonly string[]
  /**
   * The number of queries, and of each: the number of its text, the number of its parameters, and
   * these. Then the number of units, and of each the number of its changes, and of each change: text,
   * marks, the number of the text that is tried first if there is one, number of parameters, parameters.
   */
  readonly values: readonly SQLInputValue[]
}

const RETURNS = 1
const MUST_CHANGE = 2
const IS_OUTCOME = 4
const HAS_FIRST = 8

/** Writes batches for one thread, which it is to read in the same order. */
export class BatchWriter {
  readonly #numbers = new Map<string, number>()
  #texts: string[] = []
  #values: SQLInputValue[] = []

  write({ queries, units }: Batch): BatchData {
    this.#texts = []
    this.#values = [queries.length]
    for (const { sql, parameters } of queries) {
      this.#values.push(this.#numberOf(sql), parameters.length, ...parameters)
    }
    this.#values.push(units.length)
    for (const unit of units) {
      this.#values.push(unit.length)
      for (const change of unit) this.#change(change)
    }
    return { texts: this.#texts, values: this.#values }
  }

  #change({ sql, first, parameters, returns, mustChange, isOutcome }: UnitStatement): void {
    const marks =
      (returns ? RETURNS : 0) |
      (mustChange ? MUST_CHANGE : 0) |
      (isOutcome ? IS_OUTCOME : 0) |
      (first === undefined ? 0 : HAS_FIRST)
    this.#values.push(this.#numberOf(sql), marks)
    if (first !== undefined) this.#values.push(this.#numberOf(first))
    this.#values.push(parameters.length, ...parameters)
  }

  #numberOf(sql: string): number {
    const known = this.#numbers.get(sql)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(sql, number)
    this.#texts.push(sql)
    return number
  }
}

/** Reads what one `BatchWriter` wrote, in its order. */
export class BatchReader {
  readonly #texts: string[] = []
  #values: readonly SQLInputValue[] = []
  #at = 0

  read({ texts, values }: BatchData): Batch {
    this.#texts.push(...texts)
    this.#values = values
    this.#at = 0
    const queries = this.#list(() => this.#statement())
    const units = this.#list(() => this.#list(() => this.#change()))
    return { queries, units }
  }

  #list<T>(read: () => T): readonly T[] {
    const items: T[] = []
    for (let left = this.#number(); left > 0; left -= 1) items.push(read())
    return items
  }

  #statement(): Statement {
    const sql = this.#text()
    return { sql, parameters: this.#parameters() }
  }

  #change(): UnitStatement {
    const sql = this.#text()
    const marks = this.#number()
    const first = (marks & HAS_FIRST) === 0 ? undefined : this.#text()
    const parameters = this.#parameters()
    return {
      sql,
      parameters,
      returns: (marks & RETURNS) !== 0,
      mustChange: (marks & MUST_CHANGE) !== 0,
      isOutcome: (marks & IS_OUTCOME) !== 0,
      ...(first !== undefined && { first }),
    }
  }

  #parameters(): readonly SQLInputValue[] {
    const from = this.#at + 1
    this.#at = from + this.#number()
    return this.#values.slice(from, this.#at)
  }

  #text(): string {
    const text = this.#texts[this.#number()]
    if (text === undefined) throw new Error('a batch names an SQL text that was not sent')
    return text
  }

  #number(): number {
    const value = this.#values[this.#at]
    this.#at += 1
    if (typeof value !== 'number') throw new Error('a batch is not what its writer wrote')
    return value
  }
}
