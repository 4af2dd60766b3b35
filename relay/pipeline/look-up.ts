import { type Awaitable, whenBoth, whenThere } from '../model/awaitable.ts'
import type { QueuedEvent } from '../model/queue-messages.ts'
import type { ObjectState } from '../model/stored/object-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import { lastTold } from './episodes/last-told.ts'
import { EventTests } from './event-tests.ts'
import { type Matches, type MatchOptions, match } from './match.ts'
import { readObjectState } from './object-memory.ts'
import { eventOrder } from './order.ts'
import { NOTHING_RECALLED, type RecallContext, type Recalled, recall } from './recall.ts'
import type { RoutingTable } from './routing-table.ts'
import type { RoutingTables, TableInForce } from './routing-tables.ts'
import type { Pause } from './slices.ts'

export interface LookUpContext extends RecallContext {
  readonly ports: RecallContext['ports'] & Pick<Ports, 'state'>
  readonly options: MatchOptions
  readonly pause: Pause
  readonly tables: RoutingTables
}

/** What is known of an event before anything is decided about it. */
export interface LookedUp extends Matched {
  /** The cluster's configuration; undefined without one. */
  readonly table: TableInForce | undefined
  /** What is remembered of its object. */
  readonly object: Versioned<ObjectState> | undefined
}

interface Matched {
  /** The Alerts that fit; undefined without a configuration. */
  readonly matches: Matches | undefined
  readonly recalled: Recalled
}

/**
 * Asks for the configuration, the object and the records at the same time, which a host may join into one request.
 * The ids of the records come from the configuration that is known already; when another one is stored, they
 * are looked up by that.
 */
export function lookUp(context: LookUpContext, queued: QueuedEvent): Awaitable<LookedUp> {
  const known = context.tables.known(queued.cluster)
  const ahead = known && matchAndRecall(context, queued, known)
  // What comes of it does not count when the configuration is another one.
  if (ahead instanceof Promise) ahead.catch(() => undefined)
  const object = readObjectState(context.ports, queued)
  const table = context.tables.of(queued.cluster)
  return whenBoth(table, object, (table, object) => {
    const matched = ahead && table === known ? ahead : matchAndRecall(context, queued, table)
    return whenThere(matched, (matched) => ({ table, object, ...matched }))
  })
}

function matchAndRecall(
  context: LookUpContext,
  queued: QueuedEvent,
  table: RoutingTable | undefined,
): Awaitable<Matched> {
  const tests = new EventTests(queued)
  const matches = table && match(queued, table, context.options, tests)
  const tested =
    matches &&
    tests.testAhead(matches.alerts, table, context.pause, (alert) =>
      lastTold(context.ports, { ...queued, order: eventOrder(queued) })(alert),
    )
  return whenThere(tested, () =>
    whenThere(recallMatches(context, queued, matches), (recalled) => ({ matches, recalled })),
  )
}

function recallMatches(
  context: LookUpContext,
  queued: QueuedEvent,
  matches: Matches | undefined,
): Awaitable<Recalled> {
  if (queued.isNew) return NOTHING_RECALLED
  return recall(context, queued.id, uidsOf(matches), { mayLag: queued.isFirst === true })
}

/** The UIDs of the Alerts that an event fits. */
export function* uidsOf(matches: Matches | undefined): Generator<string> {
  for (const { alert } of matches?.alerts ?? []) yield alert.metadata.uid
}
