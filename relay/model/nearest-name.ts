import { distance } from 'fastest-levenshtein'

/** Names that differ in so many characters are taken for a typing error. */
const MAX_TYPOS = 2

/** A longer name is none that is known here, and is not compared. */
const MAX_COMPARED_LENGTH = 64

/** The name that a person most likely meant by one that is unknown, if it is a typing error. Case does not count. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_COMPARED_LENGTH) return undefined
  const meant = name.toLowerCase()
  const [best] = [...known]
    .map((candidate) => ({ candidate, typos: distance(meant, candidate.toLowerCase()) }))
    .sort((a, b) => a.typos - b.typos)
  return best && best.typos <= MAX_TYPOS ? best.candidate : undefined
}
