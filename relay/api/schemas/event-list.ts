import { z } from 'zod'
import { EventVerdict } from './explain.ts'

/** What became of an event for one Alert that has a record of it. */
const Outcome = z.object({
  delivery: z.string().meta({ description: 'The id of the record.' }),
  alert: z.object({ namespace: z.string(), name: z.string() }).optional().meta({
    description: 'Absent where no Alert took the event, or it is a repeat for all.',
  }),
  provider: z.object({ namespace: z.string(), name: z.string() }).optional().meta({
    description: 'Absent where the Alert had none that is known.',
  }),
  outcome: z.string(),
  reason: z.string(),
})

/** An event of a list. */
export const ListedEvent = z
  .looseObject({
    id: z.string(),
    cluster: z.string(),
    acceptedAt: z.string().meta({ description: 'RFC 3339, UTC.' }),
    object: z.string().meta({ description: '`Kind/namespace/name` of what the event is about.' }),
    event: z.looseObject({}).meta({ description: 'The event as it was accepted.' }),
    objectLabels: z.record(z.string(), z.string()).optional().meta({
      description: 'The labels of the object, when they are known.',
    }),
    outcomes: z.array(Outcome).meta({
      description: 'What is recorded of it on this page; the next one may have more.',
    }),
    verdict: EventVerdict.optional().meta({
      description: 'What became of it for the Alert that the list is asked for.',
    }),
  })
  .meta({ description: 'An event that the relay has taken, and what became of it.' })
export type ListedEvent = z.infer<typeof ListedEvent>

/** The answer to `GET /v1/events`. */
export const EventsPage = z
  .object({
    events: z.array(ListedEvent),
    unreadable: z.int().optional().meta({
      description:
        'How many records of this page cannot be read; their events may be missing, or have an outcome less. `GET /v1/deliveries` lists them.',
    }),
    nextCursor: z.string().optional().meta({ description: 'Absent on the last page.' }),
    reachedTime: z.string().optional().meta({
      description: 'Beside `nextCursor`: the accept time up to which records were looked at.',
    }),
  })
  .meta({ description: 'Events, the latest first. One whose records are on two pages is on both.' })
export type EventsPage = z.infer<typeof EventsPage>
