import type { CountedKind, OutcomeCount } from '../model/outcome-count.ts'

/** How many decisions of an hour had an outcome. */
export type HourCount = Pick<OutcomeCount, 'hour' | 'outcome' | 'count'>

/** How many decisions about a cluster had an outcome. */
export type ClusterCount = Pick<OutcomeCount, 'cluster' | 'outcome' | 'count'>

/**
 * How many decisions about an Alert or a Provider had an outcome. When the last one was made before
 * the hours asked for, the count is 0 and `lastAt` tells when that was.
 */
export type ObjectCount = Pick<OutcomeCount, 'name' | 'outcome' | 'count' | 'lastAt'>

/**
 * Tells how many decisions about deliveries were made, by the hour and by their outcomes. A decision
 * to try again later is one as well, with the outcome `retry`. `hours` are the beginnings of the hours
 * to count, in milliseconds since the epoch. Each method rejects when the store fails.
 */
export interface OutcomeCounts {
  /** The counts of each hour, the earliest first: of all clusters, or of one. */
  byHour(hours: readonly number[], cluster?: string): Promise<readonly HourCount[]>
  byCluster(hours: readonly number[]): Promise<readonly ClusterCount[]>
  /** The counts of the Alerts or of the Providers of a cluster. */
  byObject(
    kind: Exclude<CountedKind, 'cluster'>,
    cluster: string,
    hours: readonly number[],
  ): Promise<readonly ObjectCount[]>
}

/** Keeps counts. */
export interface OutcomeCountStore extends OutcomeCounts {
  /**
   * Adds to what is kept, all or nothing. There are at most `MOST_COUNTS_AT_ONCE` counts. Rejects
   * when the store fails.
   */
  add(counts: readonly OutcomeCount[]): Promise<void>
}

/** The most counts that a store adds in one step. */
export const MOST_COUNTS_AT_ONCE = 500
