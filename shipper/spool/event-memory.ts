import type { Tables } from './guarded-database.ts'
import { Occurrences } from './occurrences.ts'
import { SeenEvents } from './seen-events.ts'
import { Watches } from './watches.ts'

/** What is remembered of events beside those that wait: so that none is lost or sent twice. */
export class EventMemory {
  readonly watches: Watches
  readonly seen: SeenEvents
  readonly occurrences: Occurrences

  constructor(tables: Tables) {
    this.watches = new Watches(tables)
    this.seen = new SeenEvents(tables)
    this.occurrences = new Occurrences(tables)
  }
}
