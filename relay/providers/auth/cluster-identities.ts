import type { CloudBindings } from '../../model/cloud-bindings.ts'
import type { AwsCredentials, IdentityProof } from '../../ports/cloud-identities.ts'

/** The relay's identities at other clouds, for the cluster of one delivery. */
export interface ClusterIdentities {
  readonly cluster: string
  /** The bindings of the cluster. Rejects with `InvalidSecret` for a binding of another form. */
  bindings(): Promise<CloudBindings | undefined>
  /** A JWT that proves to this audience who the relay is. */
  token(audience: string): Promise<IdentityProof>
  /** The credentials of the relay's own role at AWS. */
  awsCredentials(): Promise<AwsCredentials>
}
