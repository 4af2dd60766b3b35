import { z } from 'zod'

const Time = z.string()

/** A cluster of a list. */
export const ListedCluster = z
  .object({
    name: z.string(),
    lastEventAt: Time.optional().meta({
      description: 'When its last event was accepted of which there is a record. RFC 3339, UTC.',
    }),
    lastConfigurationAt: Time.optional().meta({
      description: 'When its configuration was taken that is in force. RFC 3339, UTC.',
    }),
    shipperVersion: z.string().optional().meta({
      description: 'The version of its shipper, as that told it with its last configuration.',
    }),
    silentSince: Time.optional().meta({
      description:
        'When it last sent its configuration itself, if that is over half an hour ago: a shipper does so every ten minutes. RFC 3339, UTC.',
    }),
    objectsNotReady: z.int().nonnegative().optional().meta({
      description:
        'How many of its Alerts and Providers take no effect. Absent without a configuration, and where the relay does not count them.',
    }),
    tokens: z.int().nonnegative().optional().meta({
      description: 'How many tokens it has. Absent where the relay does not tell.',
    }),
  })
  .meta({ description: 'A cluster that may send, or has a configuration.' })
export type ListedCluster = Readonly<z.infer<typeof ListedCluster>>

/** The answer to `GET /v1/clusters`. */
export const ClusterList = z
  .object({ clusters: z.array(ListedCluster) })
  .meta({ description: 'The clusters of the relay, by name.' })
export type ClusterList = z.infer<typeof ClusterList>
