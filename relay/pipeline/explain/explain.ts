import type { ConfigSnapshot } from '../../model/config.ts'
import { namespacedName } from '../../model/kubernetes.ts'
import { deliveryPageUrl } from '../../model/public-url.ts'
import type { AcceptedEvent } from '../../model/queue-messages.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SecretStore } from '../../ports/secret-store.ts'
import type { CompiledAlert } from '../compiled-alert.ts'
import { lastTold } from '../episodes/last-told.ts'
import { EventTests, type ReadLast } from '../event-tests.ts'
import { type Candidate, type MatchOptions, matchAlert } from '../match.ts'
import { type MatchedCandidate, prepare } from '../prepare.ts'
import { providerRefOf, routeOf } from '../provider-route.ts'
import { deliveryId } from '../record.ts'
import type { CompiledProvider, RoutingTable } from '../routing-table.ts'
import type { KnownSilences } from '../silences/active-silences.ts'
import { silenceNotes } from '../silences/silenced.ts'
import { noPause, type Pause, slicesOf } from '../slices.ts'
import type { AlertVerdict, ProviderName } from './explanation.ts'
import { AFTER_ALL, type Foretold, foretell, type ToldMemory } from './foretell.ts'
import { previewOf } from './preview.ts'

/** What an explanation reads. */
export interface ExplainPorts {
  readonly secrets: SecretStore
  readonly clock: Clock
  /** Absent where it is not known what Alerts were told before. */
  readonly told?: ToldMemory | undefined
}

export interface ExplainOptions extends MatchOptions {
  /**
   * A Secret, or a Provider of another namespace or of the fleet, that is missing here may be where the relay
   * looks, as for files in a repository: then it keeps no event back, and the requests are not shown.
   */
  readonly mayLackSecrets?: boolean
  /**
   * Whoever asks may have no right to read Secrets, or what was told before: then the requests are not shown, or what
   * depends on that is said. Without it what cannot be read rejects.
   */
  readonly mayLackRights?: boolean
  /** Where people open this relay, without a slash at its end. */
  readonly publicUrl?: string | undefined
  /** Waited for between parts of a large set. */
  readonly pause?: Pause
  /** The silences that people made; what is silenced now has a note. Absent: nobody asks what is now. */
  readonly silences?: KnownSilences
}

/** A set and what was compiled of it. */
export interface Rules {
  readonly snapshot: Pick<ConfigSnapshot, 'objects'>
  readonly table: RoutingTable
}

/** Alerts that are judged without a pause: some milliseconds of work. */
const SLICE = 20

/**
 * Says for every Alert of a set what it does with an event, and what it would send, as if the event had
 * just happened. Earlier events count for nothing: so no verdict is a repeat. Sends nothing. Rejects when
 * a Secret cannot be read.
 */
export async function explainEvent(
  ports: ExplainPorts,
  { snapshot, table }: Rules,
  event: AcceptedEvent,
  options: ExplainOptions,
): Promise<readonly AlertVerdict[]> {
  const { pause = noPause } = options
  const tests = new EventTests(event)
  const alerts = [...table.alertsByUid.values()]
  const verdicts: AlertVerdict[] = []
  for (const slice of slicesOf(alerts, SLICE)) {
    await pause()
    for (const alert of slice) {
      verdicts.push(await judge(ports, { snapshot, table }, { event, tests }, alert, options))
    }
  }
  return [...verdicts, ...invalidAlerts(snapshot, alerts)]
}

/** Says the same for one Alert of a set. */
export function explainAlert(
  ports: ExplainPorts,
  rules: Rules,
  event: AcceptedEvent,
  alert: CompiledAlert,
  options: ExplainOptions,
): Promise<AlertVerdict> {
  const tests = new EventTests(event)
  return judge(ports, rules, { event, tests }, alert, options)
}

interface Judged {
  readonly event: AcceptedEvent
  readonly tests: EventTests
}

async function judge(
  ports: ExplainPorts,
  { table }: Rules,
  { event, tests }: Judged,
  alert: CompiledAlert,
  options: ExplainOptions,
): Promise<AlertVerdict> {
  const readLast = lastReader(ports, event, options)
  await tests.testAhead([alert], table, options.pause ?? noPause, readLast)
  const candidate = matchAlert(event, alert, table, options, tests)
  const { namespace, name } = alert.alert.metadata
  const about = {
    alert: { namespace, name },
    provider: candidate.provider ? providerName(candidate.provider) : providerRefOf(alert),
  }
  if (candidate.kind === 'matched') {
    const told = withSilence(candidate, event, options.silences, ports.clock.now())
    return { ...about, ...(await previewMatched(ports, event, told, options)) }
  }
  // What comes before the Provider in the order of rules has said no already.
  const mayBeElsewhere =
    options.mayLackSecrets && candidate.kind === 'missing' && leadsElsewhere(alert, table, options)
  const finding = mayBeElsewhere
    ? unshown(candidate.reason, conditionNotes(alert))
    : { ...unmatched(candidate), ...NOTHING }
  return { ...about, ...finding }
}

function withSilence(
  candidate: MatchedCandidate,
  event: AcceptedEvent,
  silences: KnownSilences | undefined,
  now: number,
): MatchedCandidate {
  const said = silences ? silenceNotes(silences, event, candidate, now) : []
  return said.length === 0
    ? candidate
    : { ...candidate, notes: [...(candidate.notes ?? []), ...said] }
}

/** Whether an Alert leads to a Provider of another namespace, or of the fleet, that is not in its set. */
function leadsElsewhere(alert: CompiledAlert, table: RoutingTable, options: MatchOptions): boolean {
  const isOwn = providerRefOf(alert).namespace === alert.alert.metadata.namespace
  return !isOwn && routeOf(alert, table, options).kind === 'not-found'
}

/** That a condition, which may ask for its Provider, is not tested without it. */
function conditionNotes({ rules }: CompiledAlert): readonly string[] {
  return rules.when === undefined ? [] : ['whether the condition of the Alert holds is not known']
}

/** The finding for an event that is taken, of whose requests nothing is known. */
function unshown(reason: string, notes: readonly string[] = []): Finding {
  const note = `the requests are not shown: ${reason}`
  return { outcome: 'delivered', reason: TAKEN, requests: [], notes: [...notes, note] }
}

type Finding = Omit<AlertVerdict, 'alert' | 'provider'>

const NOTHING = { notes: [], requests: [] } as const

/** The outcomes that `attempt` concludes for the same candidates. */
const OUTCOMES = { skipped: 'skipped', missing: 'retry', 'unknown-type': 'dead' } as const

function unmatched({ kind, rule, reason }: Exclude<Candidate, MatchedCandidate>) {
  return { outcome: OUTCOMES[kind], rule, reason }
}

async function previewMatched(
  ports: ExplainPorts,
  accepted: AcceptedEvent,
  candidate: MatchedCandidate,
  options: ExplainOptions,
): Promise<Finding> {
  const { secrets, clock, told } = ports
  const { mayLackSecrets = false, mayLackRights = false, publicUrl } = options
  const { id, cluster, event, objectLabels } = accepted
  const readLast = lastReader(ports, accepted, options)
  const delivery = deliveryId(id, candidate.alert.metadata.uid)
  const input = {
    ...{ cluster, event, objectLabels, candidate },
    deliveryId: delivery,
    deliveryPage: deliveryPageUrl(publicUrl, delivery),
    // So the same event gives the same bytes whenever one asks.
    triedAt: Date.parse(event.timestamp),
    time: { timeoutMs: Number.POSITIVE_INFINITY, boundBy: '' },
    late: false,
    overtaken: false,
    last: candidate.memory?.usesLast ? await readLast?.(candidate) : undefined,
  }
  const { notes = [] } = candidate
  const reading = async () => prepare(input, secrets)
  const prepared = await reading().catch((error: unknown) => {
    if (!mayLackRights) throw error
    return { kind: 'unread', reason: `its Secrets cannot be read: ${String(error)}` } as const
  })
  switch (prepared.kind) {
    case 'skipped':
      return { outcome: 'skipped', rule: 'type', reason: prepared.reason, ...NOTHING, notes }
    case 'invalid':
      return { outcome: 'dead', rule: 'provider', reason: prepared.reason, ...NOTHING, notes }
    case 'unread':
      return unshown(prepared.reason, notes)
    case 'missing': {
      const { reason } = prepared
      if (mayLackSecrets) return unshown(reason, notes)
      return { outcome: 'retry', rule: 'provider', reason, ...NOTHING, notes }
    }
    case 'prepared': {
      const { keptBack, notes: foretold } = await foretellOrSay(accepted, candidate, told, options)
      if (keptBack && !keptBack.isHeld) {
        const { rule, reason } = keptBack
        return { outcome: 'skipped', rule, reason, ...NOTHING, notes: prepared.notes }
      }
      const preview = await previewOf(prepared, clock)
      const said = [...prepared.notes, ...foretold, ...groupNotes(candidate), ...preview.notes]
      if (keptBack) {
        const { rule, reason } = keptBack
        return { outcome: 'held', rule, reason, requests: preview.requests, notes: said }
      }
      return { outcome: 'delivered', reason: TAKEN, requests: preview.requests, notes: said }
    }
  }
}

/** That a rule puts the event together with others, of which an explanation knows nothing. */
function groupNotes({ group }: MatchedCandidate): readonly string[] {
  if (group === undefined || group === 'never') return []
  const { waitMs, maxMs } = group
  const times = `${waitMs / 1_000} s after the last, ${maxMs / 1_000} s after the first at most`
  return [`one message tells of it and of others with the same group-by: ${times}`]
}

const TAKEN = 'the Alert takes the event'

/** Reads what an Alert was last told, as far as that is known here. */
function lastReader(
  { told }: ExplainPorts,
  event: AcceptedEvent,
  { mayLackRights = false }: ExplainOptions,
): ReadLast | undefined {
  if (told === undefined) return undefined
  const read = lastTold(told, { ...event, order: AFTER_ALL })
  return mayLackRights ? (alert) => read(alert).catch(() => undefined) : read
}

async function foretellOrSay(
  accepted: AcceptedEvent,
  candidate: MatchedCandidate,
  told: ToldMemory | undefined,
  { silences, mayLackRights = false }: ExplainOptions,
): Promise<Foretold> {
  try {
    return await foretell(accepted, candidate, told, silences)
  } catch (error) {
    if (!mayLackRights || told === undefined) throw error
    const { notes, ...rest } = await foretell(accepted, candidate, undefined)
    return { ...rest, notes: [...notes, `what was told before cannot be read: ${String(error)}`] }
  }
}

function providerName({ provider }: CompiledProvider): ProviderName {
  const { namespace, name } = provider.metadata
  return { namespace, name, type: provider.spec.type }
}

/** Alerts of the set that take nothing since they are not valid. */
function invalidAlerts(
  { objects }: Pick<ConfigSnapshot, 'objects'>,
  valid: readonly CompiledAlert[],
): readonly AlertVerdict[] {
  const names = new Set(valid.map(({ alert }) => namespacedName(alert.metadata)))
  return objects
    .filter((object) => object.kind === 'Alert' && !names.has(namespacedName(object)))
    .map(({ namespace, name, message }) => ({
      alert: { namespace, name },
      outcome: 'skipped',
      rule: 'invalid',
      reason: `the Alert is not valid: ${message}`,
      ...NOTHING,
    }))
}
