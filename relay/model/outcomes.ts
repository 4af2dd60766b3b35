/**
 * The ways in which a Delivery ends. `skipped`: a rule says no. `suppressed`: it is a repeat, or
 * was superseded. `dead`: the relay gave up, and the record is the dead letter.
 */
export const FINAL_OUTCOMES = ['delivered', 'suppressed', 'skipped', 'dead'] as const
export type FinalOutcome = (typeof FINAL_OUTCOMES)[number]

/** All outcomes that the relay decides; `retry` is that of a Delivery which waits. */
export const DECIDED_OUTCOMES = [...FINAL_OUTCOMES, 'retry'] as const
export type DecidedOutcome = (typeof DECIDED_OUTCOMES)[number]

/**
 * What decisions are counted as; `observed` are skipped ones that a live cluster would have sent, and `held`
 * those that wait because a rule says so.
 */
export type CountedOutcome = DecidedOutcome | 'observed' | 'held'

/**
 * All outcomes that people see. `dismissed` is that of a dead Delivery which a person has put away,
 * `observed` that of a skipped one which would have been sent if its cluster were not observed,
 * `failed` that of a test of a Provider which was not delivered, and `held` that of one which a rule
 * holds back until a time.
 */
export const OUTCOMES = [...DECIDED_OUTCOMES, 'dismissed', 'observed', 'failed', 'held'] as const
export type Outcome = (typeof OUTCOMES)[number]
