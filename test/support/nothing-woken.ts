import type { WokenDeliveries } from '../../hosts/embedded/worker.ts'

/** Destinations that wake nothing. */
export const NOTHING_WOKEN: WokenDeliveries = {
  take: () => [],
  putBack: () => undefined,
  nextWakeAt: () => undefined,
  onReady: () => undefined,
}
