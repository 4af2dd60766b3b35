import { z } from 'zod'
import { DECIDED_OUTCOMES, OUTCOMES } from '../../model/outcomes.ts'

const Time = z.string().meta({ description: 'RFC 3339, UTC.' })
const Count = z.int().nonnegative()

/** An outcome. A relay of a later version may have outcomes that this one does not know. */
const Outcome = z.union([z.enum(OUTCOMES), z.string()])

/** The outcome of one try. */
const TryOutcome = z.union([z.enum(DECIDED_OUTCOMES), z.string()])

const Identity = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string().optional(),
})

const Attempt = z.looseObject({
  attempt: Count,
  startedAt: Time,
  durationMs: z.number(),
  outcome: TryOutcome,
  reason: z.string(),
  status: z.int().optional().meta({ description: 'The HTTP status of the answer.' }),
  responseExcerpt: z.string().optional(),
})

/**
 * A delivery as people see it. Optional fields are absent when they do not apply, when the record
 * cannot be read, and in answers of earlier relays. Fields that a later relay adds are kept.
 */
export const Delivery = z
  .looseObject({
    id: z.string(),
    cluster: z.string(),
    outcome: Outcome,
    reason: z.string().meta({ description: 'The reason, as people read it.' }),
    object: z.string().meta({ description: '`Kind/namespace/name` of what the event is about.' }),
    alert: Identity.optional(),
    provider: Identity.extend({ type: z.string() }).optional(),
    acceptedAt: Time,
    attempt: Count.meta({
      description: 'The serial of the next try while `outcome` is `retry`, else of the last one.',
    }),
    tries: Count.optional().meta({ description: 'How many tries were made.' }),
    dueAt: Time.optional().meta({ description: 'When the next try is due.' }),
    unreadable: z.literal(true).optional().meta({
      description: 'Present when the record cannot be read: `reason` says why.',
    }),
    unrecorded: z.literal(true).optional().meta({
      description:
        'Present when the ledger has no such record: it was worked out by the rules of then, and `id` is that of the event.',
    }),
    notes: z.array(z.string()).optional(),
    eventId: z.string().optional(),
    event: z.looseObject({}).optional().meta({ description: 'The event as it was accepted.' }),
    objectLabels: z.record(z.string(), z.string()).optional(),
    latencyMs: z.number().optional().meta({
      description: 'From the acceptance of the event to the answer, once delivered.',
    }),
    attempts: z.array(Attempt).optional(),
    revision: z.string().optional().meta({
      description: 'The beginning of the revision of the configuration that decided.',
    }),
    failures: Count.optional(),
    chainStartedAt: Time.optional(),
    replayedAt: z.array(Time).optional(),
    replayedBy: z
      .array(z.object({ at: Time, by: z.string() }))
      .optional()
      .meta({
        description:
          'Who asked for the replays of `replayedAt`, as far as it is known: the name of an operator, the ARN of a caller on AWS, or the widget.',
      }),
    dismissal: z
      .object({ at: Time, by: z.string().optional(), comment: z.string().optional() })
      .optional()
      .meta({
        description:
          'Who dismissed it and why, as far as it is known. Present while `outcome` is `dismissed`.',
      }),
    test: z.object({ by: z.string().optional() }).optional().meta({
      description:
        'Present when it is a test of the Provider, whose event no cluster reported: who asked for it, as far as it is known.',
    }),
    toldIn: z.string().optional().meta({
      description:
        'The id of the delivery in whose message it is told together with others; its own id when it sends that message.',
    }),
    repeats: Count.optional().meta({ description: 'How many repeats the record stands for.' }),
    createdAt: Time.optional(),
    updatedAt: Time.optional(),
  })
  .meta({ description: 'One event on its way to one Alert’s Provider.' })
export type Delivery = z.infer<typeof Delivery>

/** Most characters of what a person writes about a delivery. */
export const MAX_COMMENT = 500

/** The body of `POST /v1/deliveries/{id}/dismiss`. */
export const DismissalRequest = z
  .object({
    comment: z.string().trim().min(1).max(MAX_COMMENT).optional().meta({
      description: 'Why it needs no more care, for those who look it up later.',
    }),
  })
  .meta({ description: 'What a person has to say about a dead delivery.' })
export type DismissalRequest = z.infer<typeof DismissalRequest>

/** The answer to `GET /v1/deliveries`. */
export const DeliveriesPage = z
  .object({
    deliveries: z.array(Delivery),
    nextCursor: z.string().optional().meta({
      description: 'Absent on the last page. A page may be short, even empty, and still have it.',
    }),
    reachedTime: Time.optional().meta({
      description: 'Beside `nextCursor`: the accept time of the last delivery that was looked at.',
    }),
  })
  .meta({ description: 'Deliveries, the latest first.' })
export type DeliveriesPage = z.infer<typeof DeliveriesPage>

/** The answer to `GET /v1/deliveries/stream`. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const DeliveryEvents = z.string().meta({
  description:
    'Events `delivery`, whose data is a Delivery; `left`, whose data is a DeliveryLeft; `missed`, when changes before it may be missing; and `end`, whose data is a StreamEnd, before the relay ends the stream.',
})

/** What became of a delivery that changed and does not fit the filters of a stream now. It may be one that never fitted. */
export const DeliveryLeft = z
  .looseObject({
    id: z.string(),
    outcome: Outcome,
    reason: z.string().meta({ description: 'The reason, as people read it.' }),
    tries: Count.optional().meta({ description: 'How many tries were made.' }),
  })
  .meta({
    description:
      'What became of a delivery that changed and does not fit the filters of the stream now. It may be one that never did.',
  })
export type DeliveryLeft = z.infer<typeof DeliveryLeft>

/** Why changes may be missing, and what to do, as people read it. */
export const StreamMissed = z.object({ detail: z.string() })
export type StreamMissed = z.infer<typeof StreamMissed>

/**
 * Why the relay ends a stream. `slow`: it is not read as fast as deliveries change. A relay of a later version
 * may have other reasons.
 */
export const StreamEnd = z
  .object({
    reason: z.union([z.enum(['slow', 'stopping', 'tokens-changed', 'failed']), z.string()]),
    detail: z.string().meta({ description: 'The reason, as people read it.' }),
  })
  .meta({ description: 'Why the relay ends a stream.' })
export type StreamEnd = z.infer<typeof StreamEnd>
