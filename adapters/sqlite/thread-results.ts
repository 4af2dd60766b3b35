import { type ErrorData, errorData, errorOf } from './error-data.ts'
import type { SqlResult } from './sql-engine.ts'
import type { Changed, UnitResult } from './statement.ts'

/**
 * What became of units, as it comes from the thread of the database: one list, for the reason that
 * `BatchData` is one. Of each unit the number of its changes, and of each change its count, the number
 * of its rows, and these. A conflict is -1 and the index of its change, a failure -2 and its error.
 */
export type ResultsData = readonly unknown[]

const CONFLICT = -1
const FAILED = -2

const NO_ROWS: readonly unknown[] = []

export function resultsData(answers: readonly SqlResult<UnitResult>[]): ResultsData {
  const data: unknown[] = []
  for (const answer of answers) {
    if (answer.kind === 'failed') data.push(FAILED, errorData(answer.error))
    else if (answer.value.kind === 'conflict') data.push(CONFLICT, answer.value.at)
    else {
      data.push(answer.value.changed.length)
      for (const { count, rows } of answer.value.changed) data.push(count, rows.length, ...rows)
    }
  }
  return data
}

export function resultsOf(data: ResultsData): readonly SqlResult<UnitResult>[] {
  const answers: SqlResult<UnitResult>[] = []
  let at = 0
  const number = () => {
    const value = data[at]
    at += 1
    return Number(value)
  }
  const changed = (): Changed => {
    const count = number()
    const from = at + 1
    at = from + number()
    return { count, rows: at === from ? NO_ROWS : data.slice(from, at) }
  }
  while (at < data.length) {
    const size = number()
    if (size === FAILED) {
      answers.push({ kind: 'failed', error: errorOf(data[at] as ErrorData) })
      at += 1
    } else if (size === CONFLICT) {
      answers.push({ kind: 'ok', value: { kind: 'conflict', at: number() } })
    } else {
      const all: Changed[] = []
      while (all.length < size) all.push(changed())
      answers.push({ kind: 'ok', value: { kind: 'done', changed: all } })
    }
  }
  return answers
}
