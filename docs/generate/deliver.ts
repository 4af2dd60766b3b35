import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { accept } from '../../relay/pipeline/accept.ts'
import { attempt } from '../../relay/pipeline/attempt.ts'
import { ClaimsUnderWay } from '../../relay/pipeline/claim-time.ts'
import { createDestinations } from '../../relay/pipeline/destinations/destinations.ts'
import { createHostErrors } from '../../relay/pipeline/host-ports.ts'
import { createInTurn } from '../../relay/pipeline/in-turn.ts'
import { type Candidate, match } from '../../relay/pipeline/match.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import { type Prepared, prepare } from '../../relay/pipeline/prepare.ts'
import { beginNow, concludeDelivery, newDelivery } from '../../relay/pipeline/record.ts'
import { compileRoutingTable } from '../../relay/pipeline/routing-table.ts'
import { NO_SILENCES } from '../../relay/pipeline/silences/active-silences.ts'
import { createAccessTokens } from '../../relay/providers/auth/access-tokens.ts'
import { CLUSTER, type Example } from './example.ts'
import { readProjectFile } from './project.ts'
import { createRecorder, type DestinationAnswers, type Sent, sentAt } from './recorder.ts'

/** An event of the project, on its way through an example. */
export interface ExampleDelivery {
  /** The event's file, from the project's folder. */
  readonly file: string
  readonly prepared: Prepared
  /** Once the event was tried. */
  readonly record: DeliveryRecord
  readonly sent: readonly Sent[]
}

/** Of each the first that reaches a type is shown on its page. */
const EVENTS = {
  info: ['gitrepository-new-artifact', 'kustomization-applied', 'helmrelease-change-request'],
  error: ['kustomization-health-check-failed', 'helmrelease-change-request-failed'],
} as const

/**
 * Delivers an event of each severity to an example's first Provider, one after the other, with the
 * relay's own matching, preparing and delivering.
 */
export async function deliverEvents(
  example: Example,
  answers: DestinationAnswers,
  severities: ReadonlyArray<keyof typeof EVENTS>,
): Promise<readonly ExampleDelivery[]> {
  const { ports, sent, setTime } = createRecorder(example.secrets, answers)
  const destinations = createDestinations(ports.clock)
  const tokens = createAccessTokens(ports.clock)
  const context = {
    ports,
    destinations,
    silences: NO_SILENCES,
    tokens,
    host: createHostErrors(),
    inTurn: createInTurn(),
    claims: new ClaimsUnderWay(ports.clock),
    limits: {},
  }
  const deliveries: ExampleDelivery[] = []
  for (const severity of severities) {
    const { file, queued, candidate } = firstThatReaches(example, EVENTS[severity])
    const before = sent.length
    const now = sentAt(queued.event)
    setTime(now)
    const record = newDelivery(queued, candidate.alert, now)
    const time = { timeoutMs: Number.POSITIVE_INFINITY, boundBy: '' }
    const onTime = { triedAt: now, time, late: false, overtaken: false }
    const input = {
      cluster: CLUSTER,
      deliveryId: record.id,
      event: queued.event,
      candidate,
      ...onTime,
    }
    const prepared = await prepare(input, example.secrets)
    if (prepared.kind !== 'prepared') throw new Error(`${example.objects.file}: ${prepared.reason}`)
    const conclusion = await attempt(record, candidate, context, LIVE)
    const concluded = concludeDelivery(record, conclusion, beginNow(ports.clock), ports.clock)
    deliveries.push({ file, prepared, record: concluded, sent: sent.slice(before) })
  }
  return deliveries
}

const LIVE = { overtaken: false, isObserved: false }

function firstThatReaches(example: Example, names: readonly string[]) {
  const table = compileRoutingTable(example.snapshot)
  for (const name of names) {
    const file = `examples/events/${name}.json`
    const queued = queuedEvent(file)
    const { candidates } = match(queued, table, { noCrossNamespaceRefs: false })
    const candidate = [...candidates].find((each) => isFor(example, each))
    if (candidate?.kind === 'matched') return { file, queued, candidate }
  }
  throw new Error(`${example.objects.file}: none of these events reaches it: ${names.join(', ')}`)
}

function isFor({ providers: [first] }: Example, { provider }: Candidate): boolean {
  return provider?.provider.metadata.uid === first.provider.metadata.uid
}

function queuedEvent(file: string) {
  const value: unknown = JSON.parse(readProjectFile(file))
  const sender = { cluster: CLUSTER, isNotificationController: false }
  const { events, rejected } = accept([{ value }], sender, 0, createOrderTimes())
  const [accepted] = events
  if (!accepted) throw new Error(`${file}: ${rejected[0]?.error}`)
  return { ...accepted, acceptedAt: sentAt(accepted.event), sequence: '1' }
}
