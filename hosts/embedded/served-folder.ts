import type { SecretData } from '../../relay/model/secret.ts'
import type { Destinations } from '../../relay/pipeline/destinations/destinations.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../kit/log.ts'
import { configurationCame } from './configuration-came.ts'
import { createFolderLoader } from './configurations/folder-loader.ts'
import type { ConfigThread } from './configurations/thread.ts'
import { createManifestsFolder } from './manifests/folder.ts'
import type { ManifestsConfig } from './manifests-config.ts'
import { putInForce } from './manifests-in-force.ts'
import type { TurnGate } from './turn-gate.ts'

/** A manifests folder whose objects are in force. */
export interface ServedFolder {
  /**
   * Puts what is in the folder in force. Rejects with `ManifestsFolderError` when there is no such
   * folder or it cannot be listed.
   */
  load(): Promise<void>
  /** Puts in force what changes from now on, and lets go out what waits for what is there. */
  watch(): void
  close(): void
}

export interface ServedFolderParts {
  /** Folder, or file, of manifests. */
  readonly path: string
  /** The cluster that the manifests are for. */
  readonly cluster: string
  readonly config: ManifestsConfig
  readonly thread: ConfigThread
  /** Secrets that the relay itself provides; see `ManifestsConfigOptions`. */
  readonly builtInSecrets: ReadonlyMap<string, SecretData>
  readonly ports: Ports
  readonly destinations: Pick<Destinations, 'review'>
  readonly log: Log
  /** What takes long goes on by it; at once without it. */
  readonly gate?: Pick<TurnGate, 'goOn'>
}

export function createServedFolder(parts: ServedFolderParts): ServedFolder {
  const { path, cluster, config, thread, builtInSecrets, ports, log } = parts
  const folder = createManifestsFolder({
    path,
    loader: createFolderLoader({
      ...{ cluster, thread, builtInSecrets, clock: ports.clock },
      onFailure: (err) => log.error({ err }, 'the manifests could not be loaded, will be repeated'),
    }),
    onChange: async (loaded) => {
      await putInForce(config, loaded, log)
      await configurationCame(parts, cluster)
    },
  })
  return {
    load: async () => putInForce(config, await folder.load(), log),
    watch() {
      folder.watch()
      void configurationCame(parts, cluster)
    },
    close: () => folder.close(),
  }
}
