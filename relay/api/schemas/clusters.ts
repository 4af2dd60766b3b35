import { z } from 'zod'

const Time = z.string()

/** What a sender sent in vain, for one cause. */
export const NotTakenEvents = z
  .object({
    cause: z.string().meta({
      description:
        'The code of the problem that the sender got, rejected for single events that are not valid, or duplicate for events that came again byte by byte.',
    }),
    count: z.int().positive().meta({
      description: 'How many in the last 24 hours, or since the relay started.',
    }),
    lastAt: Time.meta({ description: 'When the last one came. RFC 3339, UTC.' }),
    address: z.string().optional().meta({
      description: 'The IP address that the last one came from, which may be that of a proxy.',
    }),
  })
  .meta({ description: 'Events, or requests with events, that the relay did not take.' })
export type NotTakenEvents = Readonly<z.infer<typeof NotTakenEvents>>

/** A cluster of a list. */
export const ListedCluster = z
  .object({
    name: z.string(),
    observed: z.literal(true).optional().meta({
      description:
        'Present when the cluster is observed: all is decided and recorded, and nothing is sent.',
    }),
    lastEventAt: Time.optional().meta({
      description: 'When its last event was accepted of which there is a record. RFC 3339, UTC.',
    }),
    lastConfigurationAt: Time.optional().meta({
      description: 'When its configuration was taken that is in force. RFC 3339, UTC.',
    }),
    shipperVersion: z.string().optional().meta({
      description: 'The version of its shipper, as that told it with its last configuration.',
    }),
    spool: z.object({ events: z.int().nonnegative(), toldAt: Time }).optional().meta({
      description:
        'How many events wait in the spool of its shipper, as that told it with the last events. Absent when it told nothing since the relay started.',
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
    newestTokenAt: Time.optional().meta({
      description:
        'When the newest of its tokens was made. Absent where that is not noted: a tokens file has no times. RFC 3339, UTC.',
    }),
    notTaken: z.array(NotTakenEvents).optional().meta({
      description:
        'What it sent in vain, the latest cause first. Absent where the relay does not count it.',
    }),
  })
  .meta({ description: 'A cluster that may send, or has a configuration.' })
export type ListedCluster = Readonly<z.infer<typeof ListedCluster>>

/** The answer to `GET /v1/clusters`. */
export const ClusterList = z
  .object({
    clusters: z.array(ListedCluster),
    notTaken: z.array(NotTakenEvents).optional().meta({
      description:
        'What was sent in vain and from no known cluster, the latest cause first. Absent where the relay does not count it.',
    }),
  })
  .meta({ description: 'The clusters of the relay, by name.' })
export type ClusterList = z.infer<typeof ClusterList>
