import type { ReceivingQueue } from '../../hosts/embedded/worker.ts'

/** A queue in which nothing waits. */
export const EMPTY_QUEUE: ReceivingQueue = {
  leaseEvents: async () => [],
  leaseRetries: async () => [],
  nextWakeAt: () => undefined,
  acknowledge: async () => undefined,
  acknowledgeRetry: async () => undefined,
  release: () => undefined,
  releaseRetry: () => undefined,
  setAsideEvent: async () => undefined,
  setAsideRetry: async () => undefined,
  onReady: () => undefined,
}
