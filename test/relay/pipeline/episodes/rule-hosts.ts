import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { accept } from '../../../../relay/pipeline/accept.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import { createSilence } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import type { OutboundRequest } from '../../../../relay/ports/http.ts'
import type { Ports } from '../../../../relay/ports/ports.ts'
import { type ShownRecord, shown } from '../../../support/delivery-records.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { type IndexedLedger, indexedLedger } from '../../../support/memory-due-index.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { virtualRelay } from '../../../support/virtual-relay.ts'
import { annotated } from '../rules/annotated.ts'

const CLUSTER = 'local'

/** The host does some work however long nothing is due: as often as this, here, and in months less often. */
const SLICE_MS = 30 * 60_000
const MAX_SLICES = 200

/** What a test says of an event. Its object is Kustomization apps, unless it has another name. */
export interface Told {
  readonly severity?: string
  readonly reason: string
  readonly revision?: string
  readonly message?: string
  readonly name?: string
  /** The controller that reports it; default none. */
  readonly reporter?: string
  /** Whether it is marked for commit statuses alone. */
  readonly forCommits?: boolean
}

/** The whole pipeline of a host with one Alert, on a clock that the test moves. */
export interface RuleHost {
  readonly ports: Ports
  /** Sets the annotations of the Alert, without their prefix, parts of its spec, and what is beside it. */
  configure(
    annotations: Readonly<Record<string, string>>,
    spec?: Record<string, unknown>,
    beside?: readonly KubernetesObject[],
  ): Promise<void>
  /** Sets the annotations of the Alert, whose Provider is missing. */
  configureWithout(annotations: Record<string, string>): Promise<void>
  /** Sets all objects, ready or not, and wakes what waits for them. */
  apply(set: readonly KubernetesObject[]): Promise<void>
  /** Reports an event, and lets the host work. */
  report(told: Told): Promise<void>
  /** Lets time pass, in which the host does what is due. Milliseconds. */
  pass(ms: number): Promise<void>
  /** Silences all for a time in milliseconds, or what a condition holds for. */
  silence(ms: number, match?: string): Promise<void>
  /** Ends the process, and starts another one with the same stores. */
  restart(): Promise<void>
  /** Asks for a replay of a record, and lets the host work. */
  replay(id: string): Promise<void>
  /** Lets every request be answered with this status from now on, after some milliseconds. */
  answerWith(status: number, tookMs?: number): void
  /** The messages that were posted so far, as `REASON`, or as their text where it says more. */
  posted(): readonly string[]
  /** The records in the order in which they came. */
  records(): Promise<readonly ShownRecord[]>
}

type ProviderSpec = Readonly<Record<string, unknown>>

const SLACK: ProviderSpec = { type: 'slack', address: 'https://hooks.slack.com/services/x' }

/** What a post to Slack says, with its title where that tells of several events. */
function textOf({ body }: OutboundRequest): string {
  const { attachments, text: plain } = JSON.parse(String(body))
  const { author_name: title, text = plain } = attachments?.[0] ?? {}
  return / events of /.test(title) ? `${title}\n${text}` : String(text)
}

interface Running {
  readonly ports: Ports
  drain(): Promise<void>
  nextAt(): number | undefined
}

function ruleHost(
  clock: ManualClock,
  providerSpec: ProviderSpec,
  running: () => Running,
  restart: () => Promise<void>,
  posts: readonly string[],
  answerWith: RuleHost['answerWith'],
): RuleHost {
  let count = 0
  const put = async (set: readonly KubernetesObject[], isReady: boolean) => {
    const { ports } = running()
    // A later set is taken later, and every process reads it again after some seconds.
    clock.advance(6_000)
    const judged = await reconcile(CLUSTER, set, clock.now(), ports.secrets)
    const wrong = judged.objects.filter(({ ready }) => ready !== isReady)
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
    await ports.configs.replace(judged)
  }
  return {
    get ports() {
      return running().ports
    },
    configure(annotations, spec = {}, beside = []) {
      const rules = annotated(alert('rules', 'chat', spec), annotations)
      return put([provider('chat', providerSpec), rules, ...beside], true)
    },
    configureWithout(annotations) {
      return put([annotated(alert('rules', 'chat'), annotations)], false)
    },
    async apply(set) {
      const { ports } = running()
      clock.advance(6_000)
      await ports.configs.replace(await reconcile(CLUSTER, set, clock.now(), ports.secrets))
      await wakeWaiting(ports, CLUSTER)
      await running().drain()
    },
    async report(told) {
      const { severity = 'info', reason, revision = 'main@sha1:a', message, name = 'apps' } = told
      const { ports, drain } = running()
      count += 1
      const value = {
        involvedObject: {
          kind: 'Kustomization',
          namespace: 'flux-system',
          name,
          apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        },
        severity,
        reason,
        message: message ?? `${reason} no. ${'i'.repeat(count)}`,
        timestamp: new Date(clock.now()).toISOString(),
        metadata: {
          'kustomize.toolkit.fluxcd.io/revision': revision,
          ...(told.forCommits && { 'kustomize.toolkit.fluxcd.io/commit_status': 'update' }),
        },
        reportingController: told.reporter ?? '',
      }
      const sender = { cluster: CLUSTER, isNotificationController: false }
      const { events } = accept([{ value }], sender, clock.now(), ports.orderTimes)
      await ports.queue.send(events)
      await drain()
      clock.advance(1_000)
    },
    async pass(ms) {
      const end = clock.now() + ms
      const sliceMs = Math.max(SLICE_MS, ms / MAX_SLICES)
      const { drain, nextAt } = running()
      await drain()
      for (;;) {
        const [now, next = end] = [clock.now(), nextAt()]
        if (now >= end && next > end) return
        clock.set(Math.max(now, Math.min(next, now + sliceMs, end)))
        await drain()
        if (clock.now() >= end && (nextAt() ?? Number.POSITIVE_INFINITY) > end) return
      }
    },
    async silence(ms, match = 'true') {
      const wanted = { match, reason: 'work', endsAt: clock.now() + ms, by: 'ann' }
      const made = await createSilence(running().ports, CLUSTER, wanted)
      if (made.kind !== 'created') throw new Error(made.reason)
      // Every process reads silences again after some seconds.
      clock.advance(30_000)
    },
    async replay(id) {
      const { ports, drain } = running()
      await requestReplay(ports, id)
      await drain()
    },
    restart,
    answerWith,
    posted: () => posts,
    async records() {
      const { records } = await running().ports.ledger.list({}, 200)
      return records.map(shown).toSorted((a, b) => (a.order < b.order ? -1 : 1))
    },
  }
}

/** A rule host of which the clock can be set. */
export interface EmbeddedRuleHost extends RuleHost {
  /** Sets the clock by so many milliseconds, and tells the queue, as the host does. */
  setClockBy(ms: number): Promise<void>
  /** Lets go of its database. */
  close(): Promise<void>
}

export async function embedded(spec: ProviderSpec = SLACK): Promise<EmbeddedRuleHost> {
  const directory = temporaryDirectory()
  const posts: string[] = []
  const clock = new ManualClock()
  let [status, tookMs] = [200, 0]
  const open = () => {
    const opened = createHarness({}, { directory })
    opened.answerWith((request) => {
      clock.advance(tookMs)
      opened.clock.set(clock.now())
      if (status < 300) posts.push(textOf(request))
      return answer(status, {}, 'ok')
    })
    return opened
  }
  let harness: Harness = open()
  const running = (): Running => ({
    ports: harness.ports,
    async drain() {
      harness.clock.set(clock.now())
      // As the host does each minute, and each ten minutes.
      await harness.queue.dueTimes.bringBack()
      await harness.sweep()
      await harness.drain()
    },
    nextAt: () => harness.nextWakeAt(),
  })
  const restart = async () => {
    await harness.close()
    harness = open()
    harness.clock.set(clock.now())
    await harness.queue.loaded()
  }
  const host = ruleHost(clock, spec, running, restart, posts, (next, nextTookMs = 0) => {
    ;[status, tookMs] = [next, nextTookMs]
  })
  return {
    ...host,
    close: () => harness.close(),
    get ports() {
      return host.ports
    },
    async setClockBy(ms) {
      clock.set(clock.now() + ms)
      harness.clock.set(clock.now())
      harness.queue.clockWasSet(ms)
      await harness.queue.dueTimes.settled()
    },
  }
}

/** How long before it is due a sweep queues what waits without a message, and how often sweeps run. */
const SWEPT_AHEAD_MS = 90_000
const SWEEP_MS = 60_000

/** As it is deployed: what is due in more than 15 minutes waits in the ledger, without a message. */
function onAws(spec: ProviderSpec = SLACK): Promise<RuleHost> {
  return awsHost(spec, indexedLedger())
}

/** As it was deployed before there was an index: it hops from message to message. */
function onAwsHopping(spec: ProviderSpec = SLACK): Promise<RuleHost> {
  return awsHost(spec, undefined)
}

async function awsHost(spec: ProviderSpec, indexed: IndexedLedger | undefined): Promise<RuleHost> {
  const clock = new ManualClock()
  const posts: string[] = []
  let [status, tookMs] = [200, 0]
  const relay = await virtualRelay({
    clock,
    ...(indexed && { ledger: indexed.ledger, index: indexed.index }),
    send: async (request) => {
      clock.advance(tookMs)
      if (status < 300) posts.push(textOf(request))
      return answer(status, {}, 'ok')
    },
  })
  const running = (): Running => ({
    ports: relay.ports,
    async drain() {
      if (indexed) await relay.sweep()
      await relay.drain()
    },
    nextAt() {
      const held = indexed?.nextHeldAfter(clock.now() + SWEPT_AHEAD_MS)
      const times = [relay.nextVisibleAt(), held && held - SWEEP_MS]
      const known = times.filter((at) => at !== undefined)
      return known.length === 0 ? undefined : Math.min(...known)
    },
  })
  const answerWith = (next: number, nextTookMs = 0) => {
    ;[status, tookMs] = [next, nextTookMs]
  }
  return ruleHost(clock, spec, running, async () => relay.restart(), posts, answerWith)
}

/** The hosts on which every rule is tested. */
export const RULE_HOSTS = [
  ['the embedded host', embedded],
  ['AWS', onAws],
  ['AWS without an index', onAwsHopping],
] as const
