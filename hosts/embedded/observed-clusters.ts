import type { ClusterModes } from '../../relay/ports/cluster-modes.ts'
import type { TokensFileContent } from './tokens.ts'
import type { TokensFile } from './tokens-file.ts'

/**
 * The modes that the tokens file gives to clusters. While a cluster is observed, the file is looked at
 * for each question: what was accepted after it went live is sent. One that is deleted keeps its mode, since what
 * waits of it goes on. Without a file none is observed.
 */
export function observedClusters(
  file: Pick<TokensFile, 'tokens' | 'latest'> | undefined,
): ClusterModes {
  return {
    isObserved(cluster) {
      if (file === undefined || !isObservedIn(file.tokens, cluster)) return false
      return file.latest().then((latest) => isObservedIn(latest, cluster))
    },
  }
}

function isObservedIn(tokens: TokensFileContent, cluster: string): boolean {
  const { observed, clusters, retired } = tokens
  if (observed?.has(cluster)) return true
  // Who gives it tokens again by hand may leave the entry there.
  return retired.get(cluster)?.observe === true && !clusters.has(cluster)
}
