import { createHash } from 'node:crypto'
import type { Random } from './random.ts'
import { QUIET } from './routes.ts'

/** An event of the load, and what its sender knows of it. */
export interface SentEvent {
  /** What it reports; a repeat has that of the event it repeats. */
  readonly report: number
  readonly cluster: 'local' | 'edge'
  readonly kind: 'Kustomization' | 'HelmRelease'
  readonly object: string
  readonly severity: 'info' | 'error'
  readonly reason: string
  /** Unique, though that of a repeat differs in a duration only. */
  readonly message: string
  readonly commit: string
  /** Event time, ascending over all events. Milliseconds since the epoch. */
  readonly at: number
  /** Reports the same as the event of its object before it, so the relay may suppress it. */
  readonly isRepeat: boolean
}

export interface EventSource {
  /** The next event about one of the objects. */
  next(objects: readonly string[]): SentEvent
  /** All events so far, by message. */
  readonly made: ReadonlyMap<string, SentEvent>
}

/** Events that share a commit, all objects together: enough to replace each other's statuses. */
const EVENTS_PER_COMMIT = 100

/** Makes events whose time begins at `startAt`, which must be in the relay's past. */
export function createEventSource(random: Random, startAt: number): EventSource {
  const lastOf = new Map<string, SentEvent>()
  const made = new Map<string, SentEvent>()
  let count = 0

  function fresh(object: string): SentEvent {
    const report = count
    const severity = random.chance(0.4) ? 'error' : 'info'
    const commitNumber = Math.max(0, Math.floor(count / EVENTS_PER_COMMIT) - random.between(0, 1))
    const quiet = random.chance(0.05) ? ` ${QUIET}` : ''
    return {
      report,
      cluster: random.chance(0.1) ? 'edge' : 'local',
      kind: random.chance(0.05) ? 'HelmRelease' : 'Kustomization',
      object,
      severity,
      reason: reasonOf(severity, report, commitNumber, random),
      message: messageOf(object, report, count) + quiet,
      commit: createHash('sha1').update(`commit ${commitNumber}`).digest('hex'),
      at: startAt + count,
      isRepeat: false,
    }
  }

  function repeated(last: SentEvent): SentEvent {
    const message = last.message.replace(/\d+\.\d+s/, duration(count))
    return { ...last, message, at: startAt + count, isRepeat: true }
  }

  return {
    made,
    next(objects) {
      const object = objects[random.between(0, objects.length - 1)] ?? 'app-0'
      const last = lastOf.get(object)
      const event = last && random.chance(0.08) ? repeated(last) : fresh(object)
      lastOf.set(object, event)
      made.set(event.message, event)
      count += 1
      return event
    },
  }
}

/**
 * Statuses of every second commit tell by their description which event they are from; those of the
 * others repeat, so that the relay finds some unchanged.
 */
function reasonOf(
  severity: SentEvent['severity'],
  report: number,
  commit: number,
  random: Random,
): string {
  const step = commit % 2 === 0 ? `Step${report}` : 'Reconciliation'
  if (severity === 'error') return `${step}Failed`
  return random.chance(0.05) ? 'Progressing' : `${step}Succeeded`
}

function messageOf(object: string, report: number, count: number): string {
  return `${object} report ${report} took ${duration(count)}`
}

/** Another one for each event, and the same to the relay's fingerprint. */
function duration(count: number): string {
  return `${count}.5s`
}

/** The event as Flux's controllers send it. */
export function fluxEvent(event: SentEvent) {
  const group = event.kind === 'Kustomization' ? 'kustomize' : 'helm'
  return {
    involvedObject: {
      kind: event.kind,
      namespace: 'flux-system',
      name: event.object,
      apiVersion: `${group}.toolkit.fluxcd.io/v1`,
    },
    severity: event.severity,
    timestamp: new Date(event.at).toISOString(),
    message: event.message,
    reason: event.reason,
    metadata: {
      [`${group}.toolkit.fluxcd.io/revision`]: `main@sha1:${event.commit}`,
      // So that a success counts whatever its reason, which tells one status from the other.
      ...(event.reason !== 'Progressing' && { 'event.toolkit.fluxcd.io/commit': event.commit }),
    },
    reportingController: `${group}-controller`,
  }
}
