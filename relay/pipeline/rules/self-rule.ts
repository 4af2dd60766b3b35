import { RuleError } from './rule-error.ts'

/** What the relay tells of itself, and the kind of the objects that those events are about. */
export const SELF_KINDS = { deliveries: 'Provider', clusters: 'Cluster', alerts: 'Alert' } as const

export type SelfTopic = keyof typeof SELF_KINDS

const TOPICS = Object.keys(SELF_KINDS) as readonly SelfTopic[]

/** Reads `deliveries,clusters,alerts`, or some of them. Throws `RuleError`. */
export function parseSelf(source: string): readonly SelfTopic[] {
  const names = source.split(',').map((name) => name.trim())
  const topics = TOPICS.filter((topic) => names.includes(topic))
  const wrong = names.find((name) => !TOPICS.some((topic) => topic === name))
  if (wrong === undefined) return topics
  throw new RuleError(
    `expected ${TOPICS.join(', ')}, or several with commas between them; ${JSON.stringify(wrong)} is none`,
  )
}
