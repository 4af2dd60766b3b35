import { dismiss } from '../../../../relay/pipeline/dismiss.ts'
import { expireSilence, readSilences } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { wakeSilenced } from '../../../../relay/pipeline/wake.ts'
import { type ShownRecord, shown } from '../../../support/delivery-records.ts'
import { alert, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'
import type { EmbeddedRuleHost } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The annotations of an Alert, and the parts of its spec that decide what it takes. */
export interface RuleSet {
  readonly rules: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
}

const FAILURES = { only: 'failures' }
const ERRORS = { eventSeverity: 'error' }
const ALL = { 'group-by': "'all'", 'group-wait': '30s' }

/** Rules in combination. */
export const RULE_SETS: readonly RuleSet[] = [
  { rules: {} },
  { rules: FAILURES },
  { rules: FAILURES, spec: ERRORS },
  { rules: { only: 'changes' } },
  { rules: { after: '10m' } },
  { rules: { ...FAILURES, after: '10m' }, spec: ERRORS },
  { rules: { ...FAILURES, after: '3 times' } },
  { rules: { after: '2 times' } },
  { rules: { remind: '5h' } },
  { rules: { ...FAILURES, remind: '5h' }, spec: ERRORS },
  { rules: { ...FAILURES, after: '10m', remind: '3h' } },
  { rules: ALL },
  { rules: { ...FAILURES, 'group-by': 'event.severity', 'group-wait': '5m' } },
  { rules: { ...FAILURES, ...ALL, after: '10m', remind: '3h' }, spec: ERRORS },
  { rules: { ...FAILURES, remind: '5h' }, spec: { exclusionList: ['success'] } },
  { rules: { after: '5m' }, spec: { inclusionList: ['failure'] } },
  { rules: { ...ALL, 'group-wait': '10m', 'group-max': '2h', remind: '3h' } },
]

/** What becomes of an Alert for a while. */
export const STANDINGS = [
  'in force',
  'suspended',
  'without its Provider',
  'deleted',
  'at another Provider',
  'without its rules',
  'not valid',
] as const
export type AlertStanding = (typeof STANDINGS)[number]

export const OBJECTS = ['a', 'b'] as const
export const KINDS = { failure: 'error', success: 'info', progress: 'info' } as const
export type EventKind = keyof typeof KINDS

/** What happens, one after the other. */
export type Step =
  | {
      readonly kind: 'report'
      readonly of: EventKind
      readonly object: (typeof OBJECTS)[number]
      readonly revision: string
      readonly reason: string
      readonly afterMs: number
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'silence'; readonly match: string; readonly ms: number }
  | { readonly kind: 'expire' | 'restart' }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'replay' | 'dismiss'; readonly index: number }
  | { readonly kind: 'alert'; readonly index: number; readonly standing: AlertStanding }

/** An event that was reported. */
export interface Reported {
  readonly of: EventKind
  readonly object: string
  readonly revision: string
  /** Names it among all. */
  readonly message: string
  readonly at: number
}

/** A relay with two Alerts to one Provider, and what happens to it. */
export class RuleLife {
  readonly host: EmbeddedRuleHost
  readonly sets: readonly RuleSet[]
  readonly reported: Reported[] = []
  readonly #standings: AlertStanding[] = ['in force', 'in force']
  /** Whether something has happened for which people answer, and no rule. */
  isChanged = false
  isReplayed = false
  isClockSet = false

  constructor(host: EmbeddedRuleHost, sets: readonly RuleSet[]) {
    this.host = host
    this.sets = sets
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.#configure()
    for (const step of steps) await this.#take(step)
  }

  /** Lets all go well, and so much time pass that nothing waits any more. */
  async finish(): Promise<void> {
    const { host } = this
    for (const { id } of await readSilences(host.ports, 'local')) {
      await expireSilence(host.ports, 'local', id)
    }
    host.answerWith(200)
    this.#standings.fill('in force')
    await this.#configure()
    await host.pass(26 * HOUR_MS)
    if (this.sets.some(({ rules }) => rules.remind)) await host.pass(8 * DAY_MS)
  }

  /** All records, in the order of their events. */
  async records(): Promise<readonly ShownRecord[]> {
    const all: ShownRecord[] = []
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await this.host.ports.ledger.list({}, 200, cursor)
      all.push(...page.records.map(shown))
      cursor = page.nextCursor
    }
    return all.toSorted((a, b) => (a.order < b.order ? -1 : 1))
  }

  async #take(step: Step): Promise<void> {
    const { host } = this
    switch (step.kind) {
      case 'report':
        return this.#report(step)
      case 'pass':
        return host.pass(step.ms)
      case 'answer':
        return host.answerWith(step.status)
      case 'silence':
        return host.silence(step.ms, step.match)
      case 'expire':
        return this.#expire()
      case 'restart':
        return host.restart()
      case 'clock':
        this.isClockSet = true
        return host.setClockBy(step.ms)
      case 'replay':
      case 'dismiss':
        return this.#ask(step)
      case 'alert':
        this.#standings[step.index] = step.standing
        this.isChanged ||= step.standing !== 'in force'
        return this.#configure()
    }
  }

  async #report(step: Extract<Step, { kind: 'report' }>): Promise<void> {
    const { of, object, revision, reason, afterMs } = step
    await this.host.pass(afterMs)
    // What counts is no word by which events differ, and names each.
    const message = `${of} no. ${'i'.repeat(this.reported.length + 1)}`
    this.reported.push({ of, object, revision, message, at: this.host.ports.clock.now() })
    await this.host.report({ name: object, severity: KINDS[of], reason, revision, message })
  }

  async #expire(): Promise<void> {
    const { ports } = this.host
    const [silence] = (await readSilences(ports, 'local')).filter(({ expiry }) => !expiry)
    if (silence === undefined) return
    await expireSilence(ports, 'local', silence.id)
    await wakeSilenced(ports, 'local', silence.id)
    await this.host.pass(1_000)
  }

  async #ask({ kind, index }: Extract<Step, { kind: 'replay' | 'dismiss' }>): Promise<void> {
    const all = await this.records()
    const asked = kind === 'replay' ? all : all.filter(({ outcome }) => outcome === 'dead')
    const record = asked[index % Math.max(1, asked.length)]
    if (record === undefined) return
    if (kind === 'replay') {
      this.isReplayed = true
      await this.host.replay(record.id)
    } else await dismiss(this.host.ports, record.id, {})
  }

  async #configure(): Promise<void> {
    const chats = ['chat', 'other'].map((name) => {
      const address = `https://hooks.slack.com/services/${name}`
      const object = provider(name, { type: 'slack', address })
      return { ...object, metadata: { ...object.metadata, uid: name } }
    })
    const alerts = this.sets.flatMap(({ rules, spec }, index) => {
      const standing = this.#standings[index] ?? 'in force'
      if (standing === 'deleted') return []
      const places = { 'without its Provider': 'nowhere', 'at another Provider': 'other' }
      const place = standing in places ? places[standing as keyof typeof places] : 'chat'
      const object = alert(`alert-${index}`, place, { ...spec, suspend: standing === 'suspended' })
      const annotations = standing === 'without its rules' ? {} : rules
      return [annotated(object, { ...annotations, ...(standing === 'not valid' && { wen: '' }) })]
    })
    await this.host.apply([...chats, ...alerts])
  }
}
