import { NO_EVENTS, PatternBudget } from '../../../relay/pipeline/pattern-budget.ts'
import { MAX_PROBLEMS_PER_FILE } from './in-force.ts'
import type { ManifestError } from './manifest-error.ts'
import { shownKey } from './object-key.ts'
import type { AcceptedObject, PlacedError } from './objects.ts'
import type { FileReading } from './read-file.ts'

/**
 * What the patterns of a folder may cost to compile for notes, in units of `patternCost`: half a
 * second at most. Entries past it are told of when the configuration is judged.
 */
const MAX_COST = 50_000

/** What is most likely a mistake in the objects of a folder, by the order of its files. */
export function notesOf(readings: readonly FileReading[]): readonly ManifestError[] {
  const budget = new PatternBudget(MAX_COST)
  return readings.flatMap(({ file, findings }) =>
    findings
      .filter((finding) => 'content' in finding)
      .flatMap((object) => objectNotes(file, object, budget))
      .slice(0, MAX_PROBLEMS_PER_FILE),
  )
}

function objectNotes(
  file: string,
  { key, notes, patterns }: AcceptedObject,
  budget: PatternBudget,
): readonly ManifestError[] {
  const broken = patterns.flatMap(({ field, source, position }): readonly PlacedError[] => {
    const pattern = budget.compile(source, NO_EVENTS)
    if (!('error' in pattern) || pattern.isTooCostly) return []
    return [{ field, message: `is ignored, it is not an RE2 pattern: ${pattern.error}`, position }]
  })
  return [...notes, ...broken].map(({ field, message, position }) => ({
    ...{ file, ...position, object: shownKey(key), field, message },
  }))
}
