import type { CloudBindings } from '../model/cloud-bindings.ts'

/** What comes of asking for a proof of who the relay is. */
export type IdentityProof =
  | { readonly kind: 'token'; readonly token: string }
  /** A person has to allow it, or to switch it on. The reason shows no secret. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Who the relay is at clouds other than its own: bound per cluster, by whoever deploys it. */
export interface CloudIdentities {
  /**
   * What the cluster is bound to; undefined without a binding. `fresh` reads past every cache.
   * Rejects with `InvalidSecret` for one of another form.
   */
  bindings(
    cluster: string,
    options?: { readonly fresh?: boolean },
  ): Promise<CloudBindings | undefined>
  /** A JWT that proves to this audience who the relay is, for the next minutes. */
  token(audience: string): Promise<IdentityProof>
}
