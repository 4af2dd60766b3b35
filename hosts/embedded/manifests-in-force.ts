import { isClosed } from '../../adapters/sqlite/database-error.ts'
import type { Log } from '../kit/log.ts'
import type { FolderLoad } from './configurations/folder-loader.ts'
import { manifestErrorText } from './manifests/manifest-error.ts'
import type { ManifestsConfig } from './manifests-config.ts'

/** Puts a load of the manifests folder in force, and logs what of it does not take effect. */
export async function putInForce(config: ManifestsConfig, load: FolderLoad, log: Log) {
  const { notReady, objectCount, problems, notTaken, notes, fileCount } = await apply(config, load)
  for (const it of [...problems, ...notTaken, ...notes]) log.warn({ ...it }, manifestErrorText(it))
  for (const { kind, namespace, name, reason, message } of notReady) {
    log.warn({ kind, namespace, name, reason, message }, 'not ready')
  }
  log.info({ files: fileCount, objects: objectCount }, 'manifests loaded')
  await config.keep().catch((err: unknown) => {
    // They are loaded, and kept, at the next start.
    if (!isClosed(err))
      log.error({ err }, 'the manifests could not be kept to explain what was decided by them')
  })
}

async function apply(config: ManifestsConfig, load: FolderLoad) {
  if (load.kind === 'judged') {
    config.applyJudged(load.judged)
    return load.judged
  }
  const { objects, manifests } = await config.apply(load.loaded)
  const notReady = objects.filter(({ ready }) => !ready)
  return { ...load.loaded, notReady, objectCount: manifests.length }
}
