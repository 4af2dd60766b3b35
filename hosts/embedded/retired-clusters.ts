import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import type { Stores } from './stores.ts'
import { isRecoverable, type TokensFileContent } from './tokens.ts'

export interface RetiredClustersOptions {
  /** The tokens in force; undefined where none are needed. */
  readonly tokens: () => Pick<TokensFileContent, 'clusters' | 'retired'> | undefined
  readonly stores: {
    readonly configs: Pick<Stores['configs'], 'forget'>
    readonly secrets: Pick<Stores['secrets'], 'forget'>
    readonly state: Pick<Stores['state'], 'forget'>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'error'>
  /** Milliseconds between two looks. */
  readonly intervalMs?: number
}

/**
 * Deletes the configurations, Secrets and State of clusters that `flux-relay cluster delete` retired, once
 * `cluster create` brings them back no more: now, and for those that follow. A cluster that has tokens
 * again keeps what it has. Returns what ends it.
 */
export function forgetRetiredClusters(options: RetiredClustersOptions): () => void {
  const { tokens, stores, clock, log, intervalMs = 10 * 60_000 } = options
  // When each was retired of which nothing is left: the file goes on naming them.
  const forgotten = new Map<string, string>()
  let isEnded = false
  const look = async () => {
    for (const [cluster, { at }] of tokens()?.retired ?? []) {
      if (isEnded) return
      // Who gives it tokens again by hand may leave the entry there.
      if (tokens()?.clusters.has(cluster)) continue
      if (isRecoverable({ at }, clock.now()) || forgotten.get(cluster) === at) continue
      try {
        const had = [
          await stores.configs.forget(cluster),
          await stores.secrets.forget(cluster),
          await stores.state.forget(cluster),
        ]
        forgotten.set(cluster, at)
        if (!had.includes(true)) continue
        log.info({ cluster }, 'deleted what was stored of a cluster that is out of use')
      } catch (err) {
        // What the end of the relay interrupts goes on at the next start.
        if (isEnded) return
        log.error({ err, cluster }, 'what is stored of a cluster out of use is deleted later')
      }
    }
  }
  void look()
  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()
  return () => {
    isEnded = true
    clearInterval(timer)
  }
}
