import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { fieldErrorText } from '../model/errors.ts'
import { isOfFleet } from '../model/fleet.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { Ports } from '../ports/ports.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { StateStore } from '../ports/state-store.ts'
import { HostAtLimit } from '../providers/answers/classify.ts'
import { createAccessTokens } from '../providers/auth/access-tokens.ts'
import { type AttemptContext, attempt } from './attempt.ts'
import { ClaimsUnderWay } from './claim-time.ts'
import { type Conclusion, end } from './conclusion.ts'
import type { Destinations } from './destinations/destinations.ts'
import { readFleet } from './fleet.ts'
import type { MatchedCandidate } from './prepare.ts'
import { fleetDenial } from './provider-route.ts'
import { sampleAlert } from './provider-sample.ts'
import { beginNow, concludeDelivery } from './record.ts'
import { type CompiledProvider, fleetProviders, type RoutingTable } from './routing-table.ts'
import type { TableInForce } from './routing-tables.ts'
import { textsFor } from './rules/rule-texts.ts'
import { NO_SILENCES } from './silences/active-silences.ts'
import { unknownType } from './unknown-type.ts'

/** The longest that a test takes, unless the host says otherwise: a person waits for it. Milliseconds. */
const LONGEST_TRY_MS = 50_000

/** A sample waits for nobody, and what becomes of it says nothing about the deliveries that wait. */
const NO_LINES: Destinations = {
  enter: async () => ({ kind: 'admitted', leave: () => undefined }),
  isLimited: () => false,
  wait: () => undefined,
  withdraw: () => undefined,
  done: () => undefined,
  review: () => undefined,
}

/**
 * A State that is always empty. What a sample shows at a destination is not what an object of the cluster shows
 * there, so nothing of it is remembered, and nothing that is remembered keeps it back.
 */
const NO_STATE: StateStore = { read: async () => undefined, write: async () => true }

/** A sample is never out of date, and is sent for a cluster that is observed, too. */
const STRAIGHT = { overtaken: false, isObserved: false } as const

/**
 * Makes the one attempt of a test and returns its record with what came of it, which is always final. It is
 * sent by the same code as a delivery, with four differences: Secrets are read and access tokens are fetched
 * anew, so that the test is of what is stored now; nothing is remembered; it is sent though its destination is
 * parked, its Provider is suspended or its cluster is observed; and there is no second try, also where the
 * relay itself is at a limit. Rejects when a store fails.
 */
export async function tryProvider(
  context: TestContext,
  record: DeliveryRecord<Status>,
  table: TableInForce | undefined,
): Promise<DeliveryRecord> {
  const { clock } = context.ports
  const begin = beginNow(clock)
  const conclusion = await tryOnce(context, record, table)
  const { subjectStateKey: _, ...concluded } = concludeDelivery(record, conclusion, begin, clock)
  return concluded
}

/** What a test needs beside what an attempt does: a Provider of the fleet is read with the test. */
interface TestContext extends AttemptContext {
  readonly ports: AttemptContext['ports'] & Pick<Ports, 'configs'>
}

async function tryOnce(
  context: TestContext,
  record: DeliveryRecord<Status>,
  table: TableInForce | undefined,
): Promise<Conclusion> {
  const name = record.provider && namespacedName(record.provider)
  const compiled =
    name === undefined ? undefined : (await providersFor(context, record, table))?.get(name)
  if (compiled === undefined) return end('dead', `Provider ${name} does not exist any more`)
  const { provider, type } = compiled
  const denial = isOfFleet(provider.metadata) ? fleetDenial(compiled, record.cluster) : undefined
  if (denial !== undefined) return end('dead', denial)
  if (type === undefined) {
    return end('dead', `Provider ${name} has the unknown type ${unknownType(provider.spec.type)}`)
  }
  const candidate: MatchedCandidate = {
    kind: 'matched',
    alert: sampleAlert(provider),
    // A context of its own, whatever the Provider's expression says: no status of a real object is overwritten.
    provider: { ...compiled, contextExpression: undefined },
    type,
    texts: sampleTexts(compiled),
    notes: notesOf(compiled, table?.isObserved === true),
  }
  const trying = attempt(record, candidate, sampleContext(context), STRAIGHT)
  return withoutRetry(await trying.catch(atLimit))
}

/** Tells a person what no try of a delivery counts. Throws any other error. */
function atLimit(error: unknown): Conclusion {
  if (error instanceof HostAtLimit) return end('dead', error.message)
  throw error
}

/** The Providers among which that of a test is. It may be of the fleet before any Alert leads there. */
async function providersFor(
  { ports }: TestContext,
  { cluster, provider }: DeliveryRecord<Status>,
  table: TableInForce | undefined,
): Promise<RoutingTable['providers'] | undefined> {
  if (!provider || !isOfFleet(provider)) return table?.providers
  const fleet = await readFleet(ports.configs)
  return fleet && fleetProviders(cluster, fleet)
}

/** The texts of the rules of a Provider. A test is in no thread, since nothing is remembered of it. */
function sampleTexts({ rules }: CompiledProvider) {
  const { thread: _, ...texts } = rules
  return textsFor({}, texts)
}

/** What keeps deliveries back, and no test. */
function notesOf({ provider, rules }: CompiledProvider, isObserved: boolean): readonly string[] {
  return [
    ...(isObserved ? ['the cluster is observed: nothing but tests is sent for it'] : []),
    ...(provider.spec.suspend
      ? ['the Provider is suspended: it gets this test, and nothing else']
      : []),
    ...rules.errors.map(
      (error) =>
        `deliveries wait, since a rule of the Provider is not valid: ${fieldErrorText(error)}`,
    ),
  ]
}

function sampleContext(context: AttemptContext): AttemptContext {
  const { ports, limits } = context
  const { clock, secrets } = ports
  const stored: SecretStore = {
    read: (cluster, namespace, name) => secrets.read(cluster, namespace, name, { fresh: true }),
  }
  return {
    ...context,
    ports: { ...ports, secrets: stored, state: NO_STATE },
    destinations: NO_LINES,
    // It is sent whatever is silenced.
    silences: NO_SILENCES,
    limits: { firstTryMs: LONGEST_TRY_MS, ...limits },
    claims: new ClaimsUnderWay(clock),
    tokens: createAccessTokens(clock),
  }
}

/** All but what was delivered is over: what would be tried again, and what waits for something. */
function withoutRetry(conclusion: Conclusion): Conclusion {
  if (conclusion.kind === 'final' && conclusion.outcome === 'delivered') return conclusion
  const { reason, notes, provider } = conclusion
  const sent = 'sent' in conclusion ? conclusion.sent : undefined
  return {
    ...end('dead', reason),
    ...(notes && { notes }),
    ...(provider && { provider }),
    ...(sent && { sent }),
  }
}
