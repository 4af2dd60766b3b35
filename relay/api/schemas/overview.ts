import { z } from 'zod'
import { ListedCluster } from './clusters.ts'
import { Readiness } from './config.ts'
import { Delivery } from './deliveries.ts'

const Time = z.string()
const Count = z.int().nonnegative()

/** How many decisions had an outcome, by outcome. What is 0 is left out. */
export const OutcomeTotals = z.record(z.string(), Count).meta({
  description:
    'How many decisions there were, by outcome; `retry` is a decision to try again later. What is 0 is left out.',
})
export type OutcomeTotals = Readonly<z.infer<typeof OutcomeTotals>>

const HourOfOutcomes = z.object({
  from: Time.meta({ description: 'The beginning of the hour. RFC 3339, UTC.' }),
  outcomes: OutcomeTotals,
})

/** A cluster of the overview. */
export const ClusterAtAGlance = ListedCluster.extend({
  outcomes: OutcomeTotals,
}).meta({ description: 'A cluster, and the outcomes of its last 24 hours.' })
export type ClusterAtAGlance = Readonly<z.infer<typeof ClusterAtAGlance>>

/** A destination that fails now. */
export const FailingDestination = z
  .object({
    cluster: z.string(),
    provider: z.string().optional().meta({
      description: 'The Provider as `namespace/name`; absent when it is not there any more.',
    }),
    host: z.string().meta({ description: 'The name of the host, and its port.' }),
    failures: Count.meta({
      description:
        'How many deliveries failed since it was last answered. No more than 100 are counted.',
    }),
    error: z.string().optional().meta({
      description: 'What it answered to the last try that failed.',
    }),
    waiting: Count.meta({
      description: 'How many deliveries wait until it answers. No more than 10,000 are counted.',
    }),
    probeAt: Time.optional().meta({
      description:
        'When the next delivery is sent to find out whether it answers again. Absent while everything is still sent. RFC 3339, UTC.',
    }),
  })
  .meta({ description: 'A destination whose deliveries failed, with no answer since.' })
export type FailingDestination = Readonly<z.infer<typeof FailingDestination>>

/** An object that takes no effect. */
export const UnreadyObject = Readiness.omit({ ready: true })
  .extend({ cluster: z.string() })
  .meta({ description: 'An Alert or Provider that takes no effect, and why.' })
export type UnreadyObject = Readonly<z.infer<typeof UnreadyObject>>

/** The answer to `GET /v1/overview`. */
export const Overview = z
  .object({
    hours: z.array(HourOfOutcomes).meta({
      description: 'The last 24 hours, the earliest first. The last of them is not over yet.',
    }),
    clusters: z.array(ClusterAtAGlance),
    failing: z.array(FailingDestination).meta({
      description:
        'The destinations that fail now, those with the most waiting first; at most 20. A relay that was just started has to find them out again.',
    }),
    failingCount: Count.meta({ description: 'How many destinations fail now.' }),
    notReady: z.array(UnreadyObject).meta({
      description: 'Objects that take no effect; at most 20.',
    }),
    notReadyCount: Count.meta({ description: 'How many objects take no effect.' }),
    dead: z.array(Delivery).meta({ description: 'The five newest dead deliveries.' }),
  })
  .meta({ description: 'What a person on call looks at first.' })
export type Overview = Readonly<z.infer<typeof Overview>>
