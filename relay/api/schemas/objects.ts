import { z } from 'zod'
import { Readiness } from './config.ts'
import { OutcomeTotals } from './overview.ts'

const Time = z.string()

/** An Alert or Provider of a cluster, and how it did. */
export const ListedObject = Readiness.extend({
  suspended: z.boolean(),
  type: z.string().optional().meta({ description: 'The type of a Provider.' }),
  provider: z.string().optional().meta({
    description: 'The Provider of an Alert, as `namespace/name`.',
  }),
  lastDeliveredAt: Time.optional().meta({
    description: 'When a notification was last delivered, in the last 30 days. RFC 3339, UTC.',
  }),
  lastDeadAt: Time.optional().meta({
    description: 'When a delivery last was given up, in the last 30 days. RFC 3339, UTC.',
  }),
  outcomes: OutcomeTotals,
}).meta({ description: 'An Alert or Provider, and the outcomes of its last 24 hours.' })
export type ListedObject = Readonly<z.infer<typeof ListedObject>>

/** The answer to `GET /v1/clusters/{cluster}/objects`. */
export const ObjectList = z.object({ cluster: z.string(), objects: z.array(ListedObject) }).meta({
  description:
    'The Alerts and Providers of a cluster, by kind, namespace and name, and the Providers of the fleet that its Alerts lead to.',
})
export type ObjectList = Readonly<z.infer<typeof ObjectList>>
