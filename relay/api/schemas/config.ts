import { z } from 'zod'
import { Rfc3339 } from './time.ts'

/** An Alert, a Provider or a Silence as Kubernetes shows it. */
const Manifest = z.record(z.string(), z.unknown())

/** An object in a set that is put. An object without a kind gets it from its list. */
const manifestOf = (kind: 'Alert' | 'Provider' | 'Silence') =>
  z.looseObject({ kind: z.literal(kind).nullish() })

/** Whether an object takes effect, in the shape of Flux's `Ready` condition. */
export const Readiness = z
  .object({
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    ready: z.boolean(),
    reason: z.string().meta({ description: 'One CamelCase word, such as `ProviderNotFound`.' }),
    message: z.string().meta({ description: 'For a person.' }),
  })
  .meta({ description: 'Whether an object takes effect, and why not.' })
export type Readiness = Readonly<z.infer<typeof Readiness>>

/** The body of `PUT …/config`: a cluster's whole set, which replaces the one before. */
export const ConfigSet = z
  .object({
    takenAt: Rfc3339.meta({ description: 'When the set was read from the cluster, RFC 3339.' }),
    alerts: z.array(manifestOf('Alert')),
    providers: z.array(manifestOf('Provider')),
    silences: z.array(manifestOf('Silence')).optional(),
  })
  .meta({ description: 'All Alerts, Providers and Silences of a cluster.' })
export type ConfigSet = z.infer<typeof ConfigSet>

/** The answer to `PUT …/config`. */
export const AppliedConfig = z
  .object({
    revision: z.string().meta({ description: 'Names the content of the set.' }),
    objects: z.array(Readiness),
  })
  .meta({ description: 'The set is stored. Each object that is ready takes effect.' })

/** The answer to `GET …/config`. */
export const StoredConfig = z
  .object({
    cluster: z
      .string()
      .optional()
      .meta({ description: 'Absent in the answers of the first versions.' }),
    revision: z.string(),
    takenAt: z.string().meta({ description: 'RFC 3339.' }),
    alerts: z.array(Manifest),
    providers: z.array(Manifest),
    silences: z
      .array(Manifest)
      .optional()
      .meta({ description: 'Absent in the answers of the first versions.' }),
    objects: z.array(Readiness),
  })
  .meta({ description: 'The set of a cluster that is in force.' })
export type StoredConfig = z.infer<typeof StoredConfig>

/** The body of `PUT /v1/fleet/config`: all Providers of the fleet, which replace those of before. */
export const FleetSet = z
  .object({
    takenAt: Rfc3339.meta({ description: 'When the set was read, RFC 3339.' }),
    providers: z.array(manifestOf('Provider')),
  })
  .meta({ description: 'All Providers of the fleet. They have no namespace.' })
export type FleetSet = z.infer<typeof FleetSet>

/** The answer to `GET /v1/fleet/config`. */
export const StoredFleet = z
  .object({
    revision: z.string(),
    takenAt: z.string().meta({ description: 'RFC 3339.' }),
    providers: z.array(Manifest),
    objects: z.array(Readiness),
  })
  .meta({ description: 'The Providers of the fleet that are in force.' })
export type StoredFleet = z.infer<typeof StoredFleet>
