import type { ConfigSnapshot, ObjectReadiness } from '../../model/config.ts'
import { OBJECT_DELETED } from '../../model/good-ends.ts'
import { namespacedName } from '../../model/kubernetes.ts'
import { type ToldReadiness, toldReadinessCodec } from '../../model/stored/told-readiness.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Versioned } from '../../ports/versioned.ts'
import { rememberedValue } from '../damaged-memory.ts'
import { reportSelf, type SelfEvent } from './self-event.ts'
import { isWanted } from './wanted.ts'

/** The most Alerts that are known as not ready at once. A mistake in one Provider stops all that use it. */
const MAX_TOLD = 100

/** In milliseconds; a cluster sends its configuration every ten minutes. */
const REMEMBER_MS = 90 * 24 * 3_600_000

const NOTHING_TOLD: ToldReadiness = { revision: '', isWanted: true, notReady: [] }

export type ReadinessPorts = Pick<Ports, 'configs' | 'state' | 'queue' | 'clock' | 'orderTimes'>

/**
 * Reports which Alerts of a cluster have become not ready since the last time, and which of them are ready again or
 * gone, as events of the relay about itself; none where no Alert wants to be told. Rejects when a
 * store fails; what was not reported then is reported the next time.
 */
export async function reportReadiness(ports: ReadinessPorts, cluster: string): Promise<void> {
  const { key, told } = await readTold(ports, cluster)
  // A Secret that comes makes an Alert ready in a configuration that is the same.
  const known = told?.value.isWanted === false ? told.value.revision : undefined
  const config = await ports.configs.read(cluster, known)
  if (typeof config !== 'object') return
  const next = readinessOf(config, told?.value.notReady)
  if (next.isWanted) await reportSelf(ports, changes(config, told, next))
  if (told && JSON.stringify(told.value) === JSON.stringify(next)) return
  await write(ports, key, next, told)
}

/**
 * Reports that a cluster is deleted of whose Alerts some were told as not ready, as events of the relay about itself.
 * Rejects when a store fails; what was not reported then is reported the next time.
 */
export async function reportAlertsOfDeleted(
  ports: Omit<ReadinessPorts, 'configs'>,
  cluster: string,
): Promise<void> {
  const { key, told } = await readTold(ports, cluster)
  if (told === undefined || told.value.notReady.length === 0) return
  const change = ['cluster', String(told.version)]
  const events = told.value.notReady.map((name) => goneReport(cluster, name, change))
  await reportSelf(ports, events)
  await write(ports, key, { ...told.value, notReady: [] }, told)
}

async function readTold({ state }: Pick<ReadinessPorts, 'state'>, cluster: string) {
  const key = `${cluster}#readiness#`
  const stored = await state.read(key)
  const told = stored && {
    value: rememberedValue(state, toldReadinessCodec, stored.value, key) ?? NOTHING_TOLD,
    version: stored.version,
  }
  return { key, told }
}

async function write(
  { state, clock }: Pick<ReadinessPorts, 'state' | 'clock'>,
  key: string,
  next: ToldReadiness,
  told: Versioned<ToldReadiness> | undefined,
): Promise<void> {
  const value = toldReadinessCodec.encode(next)
  // Who looked meanwhile has told of the same.
  await state.write(key, value, told?.version ?? 'absent', clock.now() + REMEMBER_MS)
}

/** What is told by then, after `before` of the Alerts that were not ready. */
function readinessOf(
  { revision, manifests, objects }: ConfigSnapshot,
  before: readonly string[] = [],
): ToldReadiness {
  if (!isWanted(manifests, 'alerts')) return { revision, isWanted: false, notReady: [] }
  const notReady = new Set(objects.filter(isNotReady).map(namespacedName))
  const still = before.filter((name) => notReady.delete(name))
  const fallen = [...notReady].slice(0, MAX_TOLD - still.length)
  return { revision, isWanted: true, notReady: [...still, ...fallen] }
}

function isNotReady({ kind, ready }: ObjectReadiness): boolean {
  return kind === 'Alert' && !ready
}

function changes(
  { cluster, revision, objects }: ConfigSnapshot,
  told: Versioned<ToldReadiness> | undefined,
  next: ToldReadiness,
): readonly SelfEvent[] {
  const wasNotReady = new Set(told?.value.notReady)
  const isToldNow = new Set(next.notReady)
  // Looked at once more after a crash, the change is the same.
  const change = [revision, String(told?.version ?? 0)]
  const alerts = objects.filter(({ kind }) => kind === 'Alert')
  const names = new Set(alerts.map(namespacedName))
  const fallen = alerts.filter((alert) => {
    const name = namespacedName(alert)
    return isToldNow.has(name) && !wasNotReady.has(name)
  })
  const risen = alerts.filter((alert) => alert.ready && wasNotReady.has(namespacedName(alert)))
  const gone = [...wasNotReady].filter((name) => !names.has(name))
  return [
    ...fallen.map((alert): SelfEvent => {
      const name = namespacedName(alert)
      const occasion = ['not ready', ...change, name]
      const message = `Alert ${name} is not ready: ${alert.message}`
      return { ...about(cluster, name, 'error'), reason: 'AlertNotReady', message, occasion }
    }),
    ...risen.map((alert): SelfEvent => {
      const name = namespacedName(alert)
      const occasion = ['ready', ...change, name]
      const message = `Alert ${name} is ready again`
      return { ...about(cluster, name, 'info'), reason: 'AlertReady', message, occasion }
    }),
    ...gone.map((name) => goneReport(cluster, name, change)),
  ]
}

function goneReport(cluster: string, name: string, change: readonly string[]): SelfEvent {
  const occasion = ['gone', ...change, name]
  const message = `Alert ${name} is deleted; it was not ready`
  return { ...about(cluster, name, 'info'), reason: OBJECT_DELETED, message, occasion }
}

/** What the events about an Alert have in common. `alert` is its `namespace/name`. */
function about(cluster: string, alert: string, severity: SelfEvent['severity']) {
  const [namespace = '', name = ''] = alert.split('/')
  return { cluster, kind: 'Alert', object: { namespace, name }, severity } as const
}
