import type { CloudBindings } from '../model/cloud-bindings.ts'

/** The result of asking for a token that proves who the relay is. */
export type IdentityProof =
  | { readonly kind: 'token'; readonly token: string }
  /** A person has to allow it, or to enable it. The reason shows no secret. */
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * The relay's identities at clouds other than its own. Whoever deploys the relay binds them per
 * cluster.
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
}
