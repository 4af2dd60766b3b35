import type { Log } from '../../kit/log.ts'
import type { ConfigUploadObserver } from '../config/config-upload.ts'
import type { ConfigWatchObserver } from '../config/config-watch.ts'
import type { WriteBackObserver } from '../config/write-back.ts'
import type { ShipperMetrics } from '../metrics.ts'

type Metrics = Pick<ShipperMetrics, 'kubernetesFailed' | 'configPut' | 'configFailed'>

/** Logs and counts what becomes of Alerts and Providers. */
export function createConfigurationObserver(
  log: Log,
  metrics: Metrics,
): ConfigWatchObserver & ConfigUploadObserver & WriteBackObserver {
  return { ...watchObserver(log, metrics), ...uploadObserver(log, metrics) }
}

function watchObserver(log: Log, metrics: Metrics): ConfigWatchObserver & WriteBackObserver {
  return {
    served: (kind, apiVersion) => log.info({ kind, apiVersion }, 'watching objects'),
    absent(kind) {
      // Few clusters need the relay's own kind.
      const level = kind === 'Silence' ? 'info' : 'warn'
      log[level]({ kind }, 'the cluster does not define this kind; it is looked for every minute')
    },
    watchFailed(kind, error, retryInMs) {
      metrics.kubernetesFailed('config')
      log.warn(
        { kind, ...reasonOf(error), retryInMs },
        'objects could not be read, will be repeated',
      )
    },
    watchRecovered: (kind) => log.info({ kind }, 'objects are read again'),
    writeBackFailed(object, error) {
      metrics.kubernetesFailed('status')
      log.warn(
        { object, ...reasonOf(error) },
        'readiness could not be written to the cluster; the next put tries it again',
      )
    },
  }
}

function uploadObserver(log: Log, metrics: Metrics): ConfigUploadObserver {
  let last = ''
  return {
    uploaded(counts) {
      metrics.configPut(counts)
      const text = JSON.stringify(counts)
      if (text !== last) log.info(counts, 'the relay has the Alerts and Providers')
      last = text
    },
    uploadFailed({ reason, detail }, retryInMs) {
      metrics.configFailed(reason)
      last = ''
      log.warn(
        { reason, detail, retryInMs },
        'Alerts and Providers could not be put, will be repeated',
      )
    },
    overtaken(detail, retryInMs) {
      metrics.configFailed('overtaken')
      log.warn({ detail, retryInMs }, 'the relay has a later set, which will be replaced')
    },
    uploadRefused(detail) {
      metrics.configFailed('refused')
      last = ''
      log.error({ detail }, 'the relay refuses the Alerts and Providers')
    },
    memoryFailed: (err) => log.error({ err }, 'the time of the last set is not known'),
  }
}

/** The text of an error. An error of the API server needs no stack. */
function reasonOf(error: unknown): { readonly reason: string } {
  return { reason: error instanceof Error ? error.message : String(error) }
}
