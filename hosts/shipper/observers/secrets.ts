import type { Log } from '../../kit/log.ts'
import type { ShipperMetrics } from '../metrics.ts'
import type { SecretSyncObserver } from '../secrets/secret-sync.ts'

/** Logs and counts what becomes of Secrets, and nothing of their content. */
export function createSecretsObserver(
  log: Log,
  metrics: Pick<ShipperMetrics, 'secretWritten' | 'secretDeleted' | 'secretFailed'>,
): SecretSyncObserver {
  return {
    written(secret, how) {
      metrics.secretWritten()
      log.info({ ...secret, how }, 'a Secret is copied')
    },
    binary: (secret, keys) =>
      log.warn(
        { ...secret, values: keys },
        'values of a Secret are not UTF-8, and not copied exactly',
      ),
    left: (secret, reason) =>
      log.warn({ ...secret, reason }, 'a Secret is copied to a new place, and its old copy stays'),
    deleted(secret) {
      metrics.secretDeleted()
      log.info({ ...secret }, 'the copy of a Secret is deleted')
    },
    kept: (secret) => log.info({ ...secret }, 'a Secret that somebody else put is kept'),
    missing: (secret) => log.warn({ ...secret }, 'a Provider names a Secret that does not exist'),
    refused(secret, reason) {
      metrics.secretFailed()
      log.error({ ...secret, reason }, 'a Secret cannot be copied; it is checked every minute')
    },
    failed(secret, reason, retryInMs) {
      metrics.secretFailed()
      log.warn({ ...secret, reason, retryInMs }, 'Secrets could not be copied, will be repeated')
    },
  }
}
