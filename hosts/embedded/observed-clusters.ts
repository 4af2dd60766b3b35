import type { ClusterModes } from '../../relay/ports/cluster-modes.ts'
import type { TokensFile } from './tokens-file.ts'

/**
 * The modes that the tokens file gives to clusters. While a cluster is observed, the file is looked at
 * for each question: what was accepted after it went live is sent. Without a file none is observed.
 */
export function observedClusters(
  file: Pick<TokensFile, 'tokens' | 'latest'> | undefined,
): ClusterModes {
  return {
    isObserved(cluster) {
      if (!file?.tokens.observed?.has(cluster)) return false
      return file.latest().then(({ observed }) => observed?.has(cluster) === true)
    },
  }
}
