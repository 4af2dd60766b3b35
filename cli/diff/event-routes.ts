import { systemClock } from '../../hosts/kit/system-clock.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { type KubernetesObject, namespacedName } from '../../relay/model/kubernetes.ts'
import { nameOf } from '../../relay/model/parse-objects.ts'
import { providerRefOf } from '../../relay/model/provider-ref.ts'
import type { AcceptedEvent } from '../../relay/model/queue-messages.ts'
import {
  type ExplainOptions,
  explainAlert,
  explainEvent,
  type Rules,
} from '../../relay/pipeline/explain/explain.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { compileInSlices } from '../../relay/pipeline/routing-table.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'

/** Which events go from an Alert to a Provider by new rules, beside what is recorded. */
export interface EventRoute {
  /** `namespace/name`. */
  readonly alert: string
  /** `namespace/name`. */
  readonly provider: string
  /** The events that did not go this way, and would. */
  readonly added: readonly ListedEvent[]
  /** The events that went this way, and would not. */
  readonly gone: readonly ListedEvent[]
  /** How many events went this way, and would again. */
  readonly same: number
}

export interface EventRoutes {
  readonly routes: readonly EventRoute[]
  /** How many events were recorded as a repeat for all Alerts together: of these nothing is known. */
  readonly repeats: number
}

/** The sets of objects whose rules are compared, and the Secrets that are known. */
export interface RulesToCompare {
  readonly cluster: string
  readonly inForce: readonly KubernetesObject[]
  readonly changed: readonly KubernetesObject[]
  readonly secrets: SecretStore
  readonly noCrossNamespaceRefs: boolean
}

/**
 * Compares what is recorded of events with the verdicts by changed rules. An event went to an Alert when there is
 * a record of it that is not `skipped`. One without such a record that the Alert takes by the rules in force is no
 * new one: it was a repeat, or came before these rules. Repeats are never worked out anew.
 */
export async function eventRoutes(
  events: readonly ListedEvent[],
  rules: RulesToCompare,
): Promise<EventRoutes> {
  const { secrets, noCrossNamespaceRefs } = rules
  const ports = { secrets, clock: systemClock }
  const options = { noCrossNamespaceRefs, mayLackSecrets: true }
  const [inForce, changed] = [await compile(rules, 'inForce'), await compile(rules, 'changed')]
  const known = events.filter((event) => !isRepeatForAll(event))
  const providers = providersByAlert(rules.inForce)
  const steps: Step[] = []
  for (const event of known) {
    const accepted = acceptedOf(event)
    const verdicts = await explainEvent(ports, changed, accepted, options)
    const went = new Set(event.outcomes.flatMap((outcome) => wayOf(led(outcome, providers))))
    const goes = new Set(verdicts.flatMap((verdict) => (takes(verdict) ? wayOf(verdict) : [])))
    for (const way of went) steps.push({ way, event, is: goes.has(way) ? 'same' : 'gone' })
    for (const way of goes) {
      if (went.has(way)) continue
      const isInForce = await goesBy(ports, inForce, accepted, way, options)
      if (!isInForce) steps.push({ way, event, is: 'added' })
    }
  }
  return { routes: routesOf(steps), repeats: events.length - known.length }
}

/** What one event does on one way from an Alert to a Provider. */
interface Step {
  readonly way: string
  readonly event: ListedEvent
  readonly is: 'added' | 'gone' | 'same'
}

/** Stands in no name of an object. */
const TO = ' -> '

function routesOf(steps: readonly Step[]): readonly EventRoute[] {
  return [...Map.groupBy(steps, ({ way }) => way)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([way, own]) => {
      const [alert = '', provider = ''] = way.split(TO)
      const those = (is: Step['is']) => own.filter((it) => it.is === is).map(({ event }) => event)
      return {
        alert,
        provider,
        added: those('added'),
        gone: those('gone'),
        same: those('same').length,
      }
    })
}

async function compile(rules: RulesToCompare, which: 'inForce' | 'changed'): Promise<Rules> {
  const snapshot = await reconcile(rules.cluster, rules[which], 0, rules.secrets)
  return { snapshot, table: await compileInSlices(snapshot, noPause) }
}

/** Whether the Alert of this way takes the event by these rules, and to the same Provider. */
async function goesBy(
  ports: Parameters<typeof explainAlert>[0],
  rules: Rules,
  event: AcceptedEvent,
  way: string,
  options: ExplainOptions,
): Promise<boolean> {
  const [name] = way.split(TO)
  const alert = [...rules.table.alertsByUid.values()].find(
    (it) => namespacedName(it.alert.metadata) === name,
  )
  if (alert === undefined) return false
  const verdict = await explainAlert(ports, rules, event, alert, options)
  return takes(verdict) && wayOf(verdict).includes(way)
}

interface Named {
  readonly namespace: string
  readonly name: string
}

/** A record, or a verdict, that leads from an Alert to a Provider. */
interface Leading {
  readonly outcome: string
  readonly alert?: Named | undefined
  readonly provider?: Named | undefined
}

/** The Provider of each Alert, by its `namespace/name`. */
function providersByAlert(manifests: readonly KubernetesObject[]): ReadonlyMap<string, Named> {
  return new Map(
    manifests
      .filter(({ kind }) => kind === 'Alert')
      .flatMap((manifest) => {
        const provider = providerRefOf(manifest)
        return provider ? [[namespacedName(nameOf(manifest)), provider] as const] : []
      }),
  )
}

/** A record names no Provider when there was none, or when a relay of an earlier version shows it. */
function led(outcome: Leading, providers: ReadonlyMap<string, Named>): Leading {
  const { alert, provider } = outcome
  return { ...outcome, provider: provider ?? (alert && providers.get(namespacedName(alert))) }
}

function takes({ outcome }: Leading): boolean {
  return outcome !== 'skipped'
}

function wayOf(leading: Leading): readonly string[] {
  const { alert, provider } = leading
  if (!takes(leading) || !alert || !provider) return []
  return [`${namespacedName(alert)}${TO}${namespacedName(provider)}`]
}

function isRepeatForAll({ outcomes }: ListedEvent): boolean {
  return outcomes.some(({ alert, outcome }) => alert === undefined && outcome === 'suppressed')
}

function acceptedOf({ id, cluster, event, objectLabels, acceptedAt }: ListedEvent): AcceptedEvent {
  return {
    ...{ id, cluster, group: '', objectLabels, acceptedAt: Date.parse(acceptedAt) },
    // The relay shows it as `accept` has left it.
    event: event as unknown as AcceptedEvent['event'],
  }
}
