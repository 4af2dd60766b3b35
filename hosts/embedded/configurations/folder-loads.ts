import { deserialize, serialize } from 'node:v8'
import { configTextOf } from '../../../relay/model/stored/config-snapshot.ts'
import type { Surroundings } from '../../../relay/pipeline/reconcile.ts'
import type { ObjectsInForce } from '../manifests/in-force.ts'
import { fingerprintOf, type LoadedManifests, ManifestLoader } from '../manifests/loader.ts'
import { judgeFolder } from '../manifests-config.ts'
import type { FolderToLoad, JudgedFolder, UnchangedFolder } from './messages.ts'

/** Loads and judges the manifests folder in the thread of configurations. */
export class FolderLoads {
  readonly #surroundings: Surroundings
  #loader: ManifestLoader | undefined
  /** What was judged last. */
  #judged: { readonly loaded: LoadedManifests; readonly fingerprint: string } | undefined

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  async load({
    cluster,
    entries,
    now,
    builtInSecrets,
    inForce,
    known,
  }: FolderToLoad): Promise<JudgedFolder | UnchangedFolder> {
    this.#loader ??= new ManifestLoader(cluster, objectsOf(inForce))
    const loader = this.#loader
    const loaded = await loader.load(entries)
    const { isUncertain } = loader
    const judged = this.#judged
    if (judged?.loaded === loaded && judged.fingerprint === known) {
      return { kind: 'unchanged', isUncertain }
    }
    const snapshot = await judgeFolder({
      ...{ cluster, builtInSecrets, loaded, now },
      surroundings: this.#surroundings,
    })
    const { secrets, problems, notTaken, notes, fileCount, manifests } = loaded
    const fingerprint = fingerprintOf(loaded)
    this.#judged = { loaded, fingerprint }
    return {
      kind: 'judged',
      ...{ secrets, problems, notTaken, notes, fileCount },
      config: configTextOf(snapshot),
      notReady: snapshot.objects.filter(({ ready }) => !ready),
      objectCount: manifests.length,
      ...{ fingerprint, isUncertain },
      inForce: serialize(loader.inForce),
    }
  }
}

function objectsOf(inForce: FolderToLoad['inForce']): ObjectsInForce {
  return inForce instanceof Uint8Array ? (deserialize(inForce) as ObjectsInForce) : inForce
}
