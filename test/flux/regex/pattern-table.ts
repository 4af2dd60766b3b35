import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { compilePattern } from '../../../relay/model/pattern.ts'
import { jsonLines } from '../reference-program.ts'

/** What Go's regexp made of a pattern: of each subject whether it matches, or why it is none. */
export const PatternRow = z.object({
  pattern: z.string(),
  subjects: z.array(z.string()),
  matches: z.array(z.boolean()).optional(),
  error: z.string().optional(),
})
export type PatternRow = z.infer<typeof PatternRow>

/** The table that `main.go` made of its own patterns and subjects. */
export function readPatternTable(): readonly PatternRow[] {
  const text = readFileSync(join(import.meta.dirname, 'patterns.jsonl'), 'utf8')
  return jsonLines(text).map((line) => PatternRow.parse(line))
}

/** What the relay makes of the same: matches, or what it says is wrong with the pattern. */
export function ownResult({ pattern, subjects }: PatternRow): readonly boolean[] | string {
  const compiled = compilePattern(pattern)
  return 'error' in compiled ? compiled.error : subjects.map((subject) => compiled.test(subject))
}

/** What Go takes and the relay refuses on purpose, and says so: ADR 0036. */
export const REFUSED_ON_PURPOSE =
  /in brackets cannot be combined with \(\?i\) here|repetitions stand for more than|longer than 4096 characters/

/** Undefined when both say the same, or the relay tells that it cannot. */
export function difference(row: PatternRow): string | undefined {
  const own = ownResult(row)
  if (typeof own === 'string') {
    return row.error !== undefined || REFUSED_ON_PURPOSE.test(own) ? undefined : own
  }
  if (row.error !== undefined) return `taken, and Go says ${row.error}`
  const index = own.findIndex((matches, at) => matches !== row.matches?.[at])
  return index < 0 ? undefined : `${own[index]} for ${JSON.stringify(row.subjects[index])}`
}
