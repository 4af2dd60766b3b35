import type { CloudBindings } from '../model/cloud-bindings.ts'

/** The result of asking for a token that proves who the relay is. */
export type IdentityProof =
  | { readonly kind: 'token'; readonly token: string }
  /** A person has to allow it, or to enable it. The reason shows no secret. */
  | { readonly kind: 'refused'; readonly reason: string }

/** An access key of AWS, or the temporary credentials of a role. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * The relay's identities at clouds. Whoever deploys the relay binds them per cluster.
 */
export interface CloudIdentities {
  /**
   * The identities that the cluster is bound to; undefined without a binding. `fresh` reads past
   * every cache. Rejects with `InvalidSecret` for a binding of another form.
   */
  bindings(
    cluster: string,
    options?: { readonly fresh?: boolean },
  ): Promise<CloudBindings | undefined>
  /** A JWT that proves to this audience who the relay is. It is valid for some minutes. */
  token(audience: string): Promise<IdentityProof>
  /** The credentials of the relay's own role at AWS, which are valid for some minutes at least. */
  awsCredentials(): Promise<AwsCredentials>
}
