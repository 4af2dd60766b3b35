import { z } from 'zod'
import { ClusterName } from '../../model/config.ts'
import { EventDocument } from './events.ts'

/** The body of `POST /v1/explain`. */
export const EventToExplain = z
  .object({
    cluster: ClusterName.meta({ description: 'Whose Alerts and Providers judge the event.' }),
    event: EventDocument,
    objectLabels: z.record(z.string(), z.string()).nullish(),
  })
  .meta({ description: 'An event that nobody reported, and whose rules are to judge it.' })
export type EventToExplain = z.infer<typeof EventToExplain>

const Name = z.object({ namespace: z.string(), name: z.string() })

const RequestPreview = z.looseObject({
  method: z
    .string()
    .meta({ description: 'Of HTTP; `PUBLISH` for a message of NATS, `MAIL` for a mail.' }),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  subject: z.string().optional().meta({ description: 'Of a message of NATS, or of a mail.' }),
  body: z.string().optional().meta({ description: 'Absent when it is no text.' }),
})

/** What an Alert does with an event. A later relay may know outcomes and rules that this one does not. */
export const AlertVerdict = z
  .looseObject({
    alert: Name,
    provider: Name.extend({
      type: z.string().optional().meta({ description: 'Absent when there is no such Provider.' }),
    }).optional(),
    outcome: z.string().meta({
      description:
        '`delivered`: the Alert takes the event. `skipped`: a rule says no. `held`: a rule holds it back for a while. `retry`: an object is missing. `dead`: it cannot be sent.',
    }),
    rule: z.string().optional().meta({
      description:
        'What says no, such as `namespace` or `exclusionList`; absent when the Alert takes the event.',
    }),
    reason: z.string().meta({ description: 'The reason, as people read it.' }),
    notes: z.array(z.string()),
    requests: z.array(RequestPreview).meta({
      description: 'What would be sent, with every secret masked.',
    }),
  })
  .meta({ description: 'What one Alert does with an event.' })
export type AlertVerdict = z.infer<typeof AlertVerdict>

/** What became of an event for one Alert. */
export const EventVerdict = AlertVerdict.extend({
  outcome: z.string().meta({
    description:
      'As of a delivery. `unrecorded`: the Alert takes such events, and nothing is recorded of this one.',
  }),
  recorded: z.boolean().meta({
    description: 'Whether the ledger has it; else it was worked out by the rules of then.',
  }),
  delivery: z.string().optional().meta({ description: 'The id of the record.' }),
}).meta({ description: 'What became of an event for one Alert.' })
export type EventVerdict = z.infer<typeof EventVerdict>

/** The answer to `GET /v1/events/{id}`. */
export const ExplainedEvent = z
  .looseObject({
    cluster: z.string(),
    eventId: z.string(),
    acceptedAt: z.string().meta({ description: 'RFC 3339, UTC.' }),
    event: z.looseObject({}).meta({ description: 'The event as it was accepted.' }),
    objectLabels: z.record(z.string(), z.string()).optional(),
    revision: z.string().optional().meta({
      description: 'The beginning of the revision of the configuration that decided.',
    }),
    incomplete: z.string().optional().meta({
      description:
        'Why only what is recorded is here: the configuration of that time is not known, or no longer kept.',
    }),
    reason: z.string().optional().meta({
      description: 'Of the one record of an event that no Alert took, or that is a repeat for all.',
    }),
    verdicts: z.array(EventVerdict).meta({ description: 'One for each Alert.' }),
  })
  .meta({ description: 'What became of an event for every Alert.' })
export type ExplainedEvent = z.infer<typeof ExplainedEvent>

/** The answer to `POST /v1/explain`. */
export const Explanation = z
  .object({
    cluster: z.string(),
    revision: z.string().meta({ description: 'Of the configuration that judged.' }),
    verdicts: z.array(AlertVerdict).meta({ description: 'One for each Alert.' }),
  })
  .meta({ description: 'What every Alert of a cluster does with an event.' })
export type Explanation = z.infer<typeof Explanation>
