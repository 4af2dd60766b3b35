import { damagedMemoryEntry } from '../../relay/pipeline/damaged-memory.ts'
import type { DamagedMemory } from '../../relay/ports/state-store.ts'
import type { Log } from '../kit/log.ts'
import type { Metrics } from './metrics.ts'
import type { WorkerOptions } from './worker.ts'

/** Writes into the log what is damaged of what the relay remembers, and counts it. */
export function tellOfDamage(
  log: Log,
  metrics: Pick<Metrics, 'memoryDamaged'>,
): (damage: DamagedMemory) => void {
  return (damage) => {
    metrics.memoryDamaged(damage.memory)
    const { fields, message } = damagedMemoryEntry(damage)
    log.warn(fields, message)
  }
}

/** Writes what the worker could not dispatch into the log, and counts it. */
export function tellOfFailures(
  log: Log,
  metrics: Pick<Metrics, 'rejected' | 'setAside'>,
): Pick<WorkerOptions, 'onFailure' | 'onSetAside'> {
  return {
    onFailure({ cause: err, fault, rejections }, retryInMs) {
      metrics.rejected(fault)
      const fields = { err, fault, ...(rejections && { rejections: rejections.count }), retryInMs }
      log.error(fields, 'dispatch failed, will be repeated')
    },
    onSetAside({ kind, key, failure: { cause: err, fault, rejections } }) {
      metrics.rejected(fault)
      metrics.setAside(kind)
      const fields = { err, fault, kind, message: key, rejections: rejections?.count ?? 0 }
      log.error(fields, 'set aside; flux-relay replay --queue puts it back')
    },
  }
}
