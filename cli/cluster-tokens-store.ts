/** Where the tokens of clusters are kept, the newest of each first. */
export interface ClusterTokensStore {
  /**
   * Nothing is changed for a cluster that has tokens already, nor for one that was retired.
   */
  create(
    cluster: string,
    tokens: readonly string[],
    options: CreateOptions,
  ): Promise<'created' | 'exists' | 'retired'>
  /**
   * Replaces the tokens of a cluster by what `edit` makes of those that it has; it is called again when somebody else
   * changed them meanwhile. False when the cluster has none. Its mode stays as it is.
   */
  replace(cluster: string, edit: TokensEdit): Promise<boolean>
  /** Takes all of a cluster out of use; false when there is no such cluster. */
  retire(cluster: string): Promise<boolean>
  /** Brings back what `retire` took out of use: observed if it is to be so, and else as it was. */
  restore(cluster: string, isObserved: boolean): Promise<void>
  /** Sets whether the cluster is observed; false when there is no such cluster. */
  setObserved(cluster: string, isObserved: boolean): Promise<boolean>
}

/** Makes of the tokens of a cluster those that are to be valid, the newest first. */
export type TokensEdit = (tokens: readonly string[]) => readonly string[]

/** How a cluster is created. */
export interface CreateOptions {
  /** Whether signatures by its tokens count too; in a file they always do. */
  readonly hasKeys: boolean
  /** Whether the cluster is observed: all is decided and recorded for it, and nothing is sent. */
  readonly isObserved: boolean
}
