import { z } from 'zod'
import { parseAwsDestination } from './aws-destination.ts'

/** The id of a tenant of Microsoft Entra ID, or one of its domains. */
export const ENTRA_TENANT = /^[A-Za-z\d][A-Za-z\d.-]{0,99}$/

/**
 * The form of an audience:
 * https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
 */
const GOOGLE_AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z\d-]{4,32}\/providers\/[a-z\d-]{4,32}$/

const GOOGLE_SERVICE_ACCOUNT = /^[a-z\d-]{1,63}@[a-z\d.-]{1,190}\.gserviceaccount\.com$/

const GoogleBinding = z.strictObject({
  /** The full name of a provider of a workload identity pool. */
  audience: z.string({ error: 'is missing' }).regex(GOOGLE_AUDIENCE, {
    error:
      'expected //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
  }),
  /**
   * The service account that the relay acts as. Without one it acts as the principal of the pool.
   */
  serviceAccount: z
    .string()
    .regex(GOOGLE_SERVICE_ACCOUNT, { error: 'expected the e-mail address of a service account' })
    .optional(),
})

const AzureBinding = z.strictObject({
  tenantID: z
    .string({ error: 'is missing' })
    .regex(ENTRA_TENANT, { error: 'expected the id of a tenant, or one of its domains' }),
  /** The client id of an application, or of a user-assigned managed identity. */
  clientID: z.guid({ error: 'expected the client id of an application, a GUID' }),
})

/** The most topics, queues and event buses of a cluster. */
const MAX_DESTINATIONS = 100

const AwsBinding = z.strictObject({
  /** The ARNs of the topics, queues and event buses that the cluster's Providers may send to. */
  destinations: z
    .array(
      z.string().refine((arn) => parseAwsDestination(arn) !== undefined, {
        error: 'expected the ARN of a topic, a queue or an event bus',
      }),
      { error: 'is missing' },
    )
    .min(1, 'expected at least one ARN')
    .max(MAX_DESTINATIONS, `expected at most ${MAX_DESTINATIONS} ARNs`),
})

/** The identities at clouds that the deployment binds a cluster to. They hold no secret. */
export const CloudBindings = z
  .strictObject({
    google: GoogleBinding.optional(),
    azure: AzureBinding.optional(),
    /** The relay's own role, for these destinations. */
    aws: AwsBinding.optional(),
  })
  .refine((bindings) => Object.values(bindings).some((binding) => binding !== undefined), {
    error: 'expected google, azure or aws, or several of them',
  })
  .readonly()
export type CloudBindings = z.infer<typeof CloudBindings>
