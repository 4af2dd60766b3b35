import { FailingObjects } from './failing-objects.ts'
import type { Tables } from './guarded-database.ts'
import { HeldEvents } from './held-events.ts'
import { Occurrences } from './occurrences.ts'
import { Posters } from './posters.ts'
import { SeenEvents } from './seen-events.ts'
import { ToldStates } from './told-states.ts'
import { Watches } from './watches.ts'

/** What is remembered of events besides those that wait, so that none is lost or sent twice. */
export class EventMemory {
  readonly watches: Watches
  readonly seen: SeenEvents
  readonly occurrences: Occurrences
  readonly held: HeldEvents
  readonly posters: Posters
  readonly told: ToldStates
  readonly failing: FailingObjects

  constructor(tables: Tables) {
    this.watches = new Watches(tables)
    this.seen = new SeenEvents(tables)
    this.occurrences = new Occurrences(tables)
    this.held = new HeldEvents(tables)
    this.posters = new Posters(tables)
    this.told = new ToldStates(tables)
    this.failing = new FailingObjects(tables)
  }
}
