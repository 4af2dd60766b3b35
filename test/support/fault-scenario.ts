import { createHash } from 'node:crypto'
import type { SQSRecord } from 'aws-lambda'
import type { Decision } from '../../relay/ports/observer.ts'
import { createEventSource, type SentEvent } from '../crash/events.ts'
import { createJournal } from '../crash/journal.ts'
import { type Random, seededRandom } from '../crash/random.ts'
import { QUIET, SHARED_CONTEXT, SHARED_OBJECTS } from '../crash/routes.ts'
import { type EntryFault, injectFaults, randomFaults } from './aws-faults.ts'
import type { AwsRelay } from './aws-relay.ts'
import { shown } from './delivery-records.ts'
import type { Decided, Evidence, Invocation } from './fault-audit.ts'
import { configure, createPoller, startContainer } from './faulty-relay.ts'
import { forge, type Route, statusLine } from './faulty-routes.ts'
import { type RecordedRequest, type SinkAnswer, startSink } from './recording-sink.ts'

/** Containers of the dispatch function at a time. */
export const CONTAINERS = 3

/** So that the events are about commits of both kinds: those whose statuses all differ, and not. */
const EVENTS_BEFORE = 85
const COMMITS = [0, 1, 2].map((n) => createHash('sha1').update(`commit ${n}`).digest('hex'))

/** Shares of requests to AWS, and of entries of batches, that go wrong. */
const FAULTY_REQUESTS = 0.05
const FAULTY_ENTRIES = 0.03

const SINK_ANSWERS = { taken: 75, unavailable: 8, failed: 10, limited: 4 } as const
const STATUSES = { taken: 201, unavailable: 503, failed: 500, limited: 429 } as const

/** A relay, its sinks, the faults, and all that is known of what happened. */
export type Campaign = Awaited<ReturnType<typeof openCampaign>>

/** Configures the relay, and begins with the faults. */
export async function openCampaign(relay: AwsRelay, seed: number) {
  const random = seededRandom(seed)
  const [awsRandom, sinkRandom] = [seededRandom(seed + 1e6), seededRandom(seed + 2e6)]
  const state = { now: 0, isFaulty: false }
  const tick = () => {
    state.now += 1
    return state.now
  }
  const source = createEventSource(random, Date.now() - 3_600_000)
  for (let event = 0; event < EVENTS_BEFORE; event += 1) source.next(['before'])
  const journal = createJournal()
  const answer = (request: RecordedRequest): SinkAnswer => {
    const drawn = state.isFaulty ? sinkRandom.weighted(SINK_ANSWERS) : 'taken'
    const webhookId = request.headers['webhook-id']
    journal.arrived({
      life: 0,
      path: request.line.replace('POST ', ''),
      webhookId: typeof webhookId === 'string' ? webhookId : undefined,
      body: request.body,
      isApplied: drawn === 'taken' || drawn === 'failed',
      isConfirmed: drawn === 'taken',
      at: tick(),
    })
    return { status: STATUSES[drawn], body: '{"ok":true}' }
  }
  const paths = ['POST /hooks', 'POST /errors', 'POST /chat', 'POST /edge']
  const lines = [...paths, ...COMMITS.map(statusLine)]
  const sink = await startSink(Object.fromEntries(lines.map((line) => [line, answer])))
  await configure(relay, 'local', localRoutes(sink.url))
  await configure(relay, 'edge', [webhook('edge', sink.url)])
  const poller = createPoller(relay, (body) =>
    state.isFaulty ? drawEntryFault(awsRandom, body) : undefined,
  )
  state.isFaulty = true
  const counts = { atOnce: 0, queuedAgain: 0, refused: 0, failed: 0 }
  const draw = randomFaults(awsRandom, FAULTY_REQUESTS)
  const { count: faults, end } = injectFaults(relay.clients, (request) => {
    const fault = draw(request)
    if (fault?.kind === 'lost') counts.queuedAgain += entriesOf(request.input)
    return fault
  })
  const decided: Decided[] = []
  const observer = {
    decided: ({ record }: Decision) => void decided.push({ record: shown(record), at: tick() }),
  }
  const start = () => startContainer(relay, observer)
  return {
    relay,
    random,
    source,
    poller,
    tick,
    start,
    containers: Array.from({ length: CONTAINERS }, start),
    toPost: [] as (readonly SentEvent[])[],
    done: [] as SQSRecord[],
    counts,
    faults,
    evidence: {
      accepted: [] as SentEvent[],
      made: source.made,
      acknowledged: new Set<string>(),
      stray: new Set<string>(),
      journal,
      decided,
      invocations: [] as Invocation[],
    } satisfies Evidence,
    heal() {
      state.isFaulty = false
      end()
    },
  }
}

/** Messages that a request queues. The standard queue keeps each as often as it is sent. */
function entriesOf(input: object): number {
  return 'Entries' in input && Array.isArray(input.Entries) ? input.Entries.length : 0
}

function webhook(name: string, url: string, alert: Route['alert'] = {}): Route {
  return { name, spec: { type: 'generic' }, secret: { address: `${url}/${name}` }, alert }
}

function localRoutes(url: string): readonly Route[] {
  const { spec, secret } = forge(url)
  return [
    webhook('hooks', url),
    webhook('errors', url, { eventSeverity: 'error' }),
    { ...webhook('chat', url, { exclusionList: [QUIET] }), spec: { type: 'slack' } },
    { name: 'statuses', spec, secret },
    {
      name: 'shared',
      spec: { ...spec, commitStatusExpr: `'${SHARED_CONTEXT}'` },
      secret,
      alert: { eventSources: SHARED_OBJECTS.map((name) => ({ kind: 'Kustomization', name })) },
    },
  ]
}

function drawEntryFault(random: Random, body: string): EntryFault | undefined {
  if (!random.chance(FAULTY_ENTRIES)) return undefined
  return body.includes('deliveryId') && random.chance(0.5) ? 'SenderFault' : 'ServiceFault'
}
