import type { Database } from '../../adapters/sqlite/database.ts'
import { Occurrences } from './occurrences.ts'
import { SeenEvents } from './seen-events.ts'
import { Watches } from './watches.ts'

/** What is remembered of events beside those that wait: so that none is lost or sent twice. */
export class EventMemory {
  readonly watches: Watches
  readonly seen: SeenEvents
  readonly occurrences: Occurrences

  constructor(database: Database) {
    this.watches = new Watches(database)
    this.seen = new SeenEvents(database)
    this.occurrences = new Occurrences(database)
  }
}
