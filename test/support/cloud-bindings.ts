import type { CloudBindings } from '../../relay/model/cloud-bindings.ts'

export const GOOGLE_AUDIENCE =
  '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/fleet/providers/aws-relay'

export const GOOGLE_ACCOUNT = 'flux-relay@fleet-42.iam.gserviceaccount.com'

export const AZURE = {
  tenantID: '0b7a1f2e-5c1d-4b7e-9a55-2f6b7b8f7e20',
  clientID: '6f1c2d3e-4b5a-4978-8a6b-7c8d9e0f1a2b',
} as const

/** What a cluster is bound to, at both clouds. */
export const BINDINGS: CloudBindings = {
  google: { audience: GOOGLE_AUDIENCE, serviceAccount: GOOGLE_ACCOUNT },
  azure: AZURE,
}
