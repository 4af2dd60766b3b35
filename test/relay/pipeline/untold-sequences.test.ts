import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { deliveryId } from '../../../relay/pipeline/record.ts'
import type { ShownRecord } from '../../support/delivery-records.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const INTERVAL_MS = 5 * 60_000
const ALERTS = ['a', 'b'] as const
type Name = (typeof ALERTS)[number]
const MODES = ['absent', 'suspended', 'active'] as const

/** What happens to the relay, in any order. */
type Step =
  | {
      readonly kind: 'report'
      readonly message: string
      readonly severity: string
      readonly afterMs: number
      /** Records that are written before the relay is killed once; undefined: it is not. */
      readonly killedAfter: number | undefined
    }
  | { readonly kind: 'answer'; readonly of: Name; readonly status: number }
  | { readonly kind: 'alert'; readonly of: Name; readonly mode: (typeof MODES)[number] }
  | { readonly kind: 'retries' }

const of = fc.constantFrom(...ALERTS)
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('report' as const),
        message: fc.constantFrom('one', 'two'),
        severity: fc.constantFrom('info', 'info', 'info', 'error'),
        afterMs: fc.integer({ min: 1, max: 200_000 }),
        killedAfter: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
      }),
    },
    fc.record({
      kind: fc.constant('answer' as const),
      of,
      status: fc.constantFrom(200, 400, 503),
    }),
    fc.record({ kind: fc.constant('alert' as const), of, mode: fc.constantFrom(...MODES) }),
    fc.record({ kind: fc.constant('retries' as const) }),
  ),
  { minLength: 5, maxLength: 25 },
)

/** An event that was reported, as the model remembers it. */
interface Reported {
  readonly id: string
  readonly message: string
  readonly severity: string
  readonly at: number
}

class World {
  readonly harness: Harness = createHarness({ rateLimitIntervalMs: INTERVAL_MS })
  readonly #modes = new Map<Name, (typeof MODES)[number]>(ALERTS.map((name) => [name, 'active']))
  readonly #statuses = new Map<string, number>()
  readonly #reported: Reported[] = []

  async take(step: Step): Promise<void> {
    if (step.kind === 'report') await this.#report(step)
    if (step.kind === 'retries') await this.harness.drainNext()
    if (step.kind === 'answer') this.#statuses.set(`${step.of}.test`, step.status)
    if (step.kind === 'alert') {
      this.#modes.set(step.of, step.mode)
      await this.configure()
    }
  }

  async configure(): Promise<void> {
    this.harness.answerWith(({ url }) => answer(this.#statuses.get(new URL(url).host) ?? 200))
    const alerts = ALERTS.filter((name) => this.#modes.get(name) !== 'absent').map((name) => ({
      ...alert(name, name, { suspend: this.#modes.get(name) === 'suspended' }),
      metadata: { name, namespace: 'flux-system', uid: name },
    }))
    const providers = ALERTS.map((name) => ({
      ...provider(name, { type: 'generic', address: `https://${name}.test/` }),
      metadata: { name, namespace: 'flux-system', uid: name },
    }))
    await this.harness.configure(...providers, ...alerts)
  }

  async #report(step: Extract<Step, { kind: 'report' }>): Promise<void> {
    const { clock, queue } = this.harness
    clock.advance(step.afterMs)
    const { message, severity } = step
    const timestamp = new Date(clock.now()).toISOString()
    await this.harness.send('kustomization-finished', { timestamp, message, severity })
    const before = await this.harness.records()
    const [event] = await queue.leaseEvents(1)
    if (!event) throw new Error('no event was queued')
    const reported = { id: event.id, message, severity, at: event.orderTime ?? Number.NaN }
    const expected = this.#expected(reported, before)
    this.#reported.push(reported)
    await this.#dispatch(event, step.killedAfter)
    expect(await this.#recordsOf(event.id)).toEqual(expected)
  }

  async #dispatch(event: QueuedEvent, killedAfter: number | undefined): Promise<void> {
    const { ports, dispatcher, queue, clock } = this.harness
    if (killedAfter === undefined) return this.#finish(event)
    const { ledger } = ports
    const writeMany = ledger.writeMany.bind(ledger)
    let left = killedAfter
    ledger.writeMany = async (writes) => {
      left -= 1
      if (left < 0) throw new Error('killed')
      return writeMany(writes)
    }
    await dispatcher.dispatchEvent(event).catch(() => undefined)
    ledger.writeMany = writeMany
    queue.release(event, clock.now())
    const [again] = await queue.leaseEvents(1)
    if (!again) throw new Error('the event did not come again')
    await this.#finish(again)
  }

  async #finish(event: QueuedEvent): Promise<void> {
    await this.harness.dispatcher.dispatchEvent(event)
    await this.harness.queue.acknowledge(event)
  }

  /** What the rule says, by all that the ledger has: `ALERT: OUTCOME`, `-` for none. */
  #expected(event: Reported, before: readonly ShownRecord[]): readonly string[] {
    const modes = ALERTS.map((name) => [name, this.#modes.get(name)] as const)
    const present = modes.filter(([, mode]) => mode !== 'absent')
    const takers = present.filter(([, mode]) => mode === 'active').map(([name]) => name)
    const repeats = new Set(takers.filter((name) => this.#isTold(event, name, before)))
    if (takers.length > 0 && repeats.size === takers.length) return ['-: suppressed']
    if (present.length === 0) return ['-: skipped']
    return present.map(([name, mode]) => {
      if (mode === 'suspended') return `${name}: skipped`
      return repeats.has(name) ? `${name}: suppressed` : `${name}: tried`
    })
  }

  /** Whether an event alike, since the severity was last another one, was told to the Alert. */
  #isTold(event: Reported, name: Name, before: readonly ShownRecord[]): boolean {
    const since = this.#reported.findLastIndex(({ severity }) => severity !== event.severity)
    return this.#reported.slice(since + 1).some(({ id, message, at }) => {
      const record = before.find((one) => one.id === deliveryId(id, name))
      const isAlike = message === event.message && event.at - at < INTERVAL_MS
      return isAlike && (record?.outcome === 'delivered' || record?.outcome === 'retry')
    })
  }

  async #recordsOf(eventId: string): Promise<readonly string[]> {
    const records = (await this.harness.records()).filter((record) => record.eventId === eventId)
    const shown = records.map(({ alert, outcome }) => {
      const isDecided = outcome === 'skipped' || outcome === 'suppressed'
      return `${alert?.name ?? '-'}: ${isDecided ? outcome : 'tried'}`
    })
    return shown.toSorted()
  }
}

it('tells each Alert once in an interval, whatever happens in which order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const world = new World()
      await world.configure()
      for (const step of sequence) await world.take(step)
      await world.harness.close()
    }),
    { numRuns: 25 },
  )
})
