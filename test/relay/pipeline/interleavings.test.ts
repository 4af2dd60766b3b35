import { describe, expect, it } from 'vitest'
import {
  type Claim,
  type ClaimResult,
  claimSubject,
  settleSubject,
} from '../../../relay/pipeline/subject.ts'
import type { Subject } from '../../../relay/providers/contract.ts'
import type { Verdict } from '../../../relay/providers/verdict.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

/**
 * Two deliveries of one subject, an older and a newer one, whose steps are run in every order that
 * keeps each one's own. A first try claims, lands (the destination acts on the request) and settles.
 * A try that brings no answer settles nothing, so it may land as late as its claim lasts.
 */
const STEPS = ['claim', 'land', 'settle'] as const

/** What a first try can come to. `lands`: the destination acts on the request. */
const FATES: ReadonlyArray<{
  readonly name: string
  readonly lands: boolean
  /** Undefined: the process died before it could settle. */
  readonly verdict: Verdict | undefined
}> = [
  { name: 'delivered', lands: true, verdict: { kind: 'delivered' } },
  { name: 'rejected', lands: false, verdict: { kind: 'rejected', reason: '' } },
  { name: 'not arrived', lands: false, verdict: { kind: 'retry', reason: '', applied: 'no' } },
  { name: 'failed', lands: false, verdict: { kind: 'retry', reason: '', applied: 'unknown' } },
  {
    name: 'failed but done',
    lands: true,
    verdict: { kind: 'retry', reason: '', applied: 'unknown' },
  },
  { name: 'no answer', lands: false, verdict: { kind: 'retry', reason: '', applied: 'in-flight' } },
  {
    name: 'no answer but done',
    lands: true,
    verdict: { kind: 'retry', reason: '', applied: 'in-flight' },
  },
  { name: 'killed', lands: false, verdict: undefined },
  { name: 'killed but done', lands: true, verdict: undefined },
]
type Fate = (typeof FATES)[number]

const TIMEOUT_MS = 15_000
/** Twice a try's time and the margin of its claim. */
const LONG_AFTER_MS = 100_000

class World {
  readonly ports = memoryPorts()
  /** What the destination was made to show, in order. */
  readonly shown: string[] = []
}

/** What is reported. */
interface What {
  readonly hasShows: boolean
  readonly reason: string
  readonly answers?: string
}

class Delivery {
  readonly name: string
  readonly #what: What
  readonly #world: World
  readonly #fate: Fate
  readonly #subject: Subject
  readonly #order: string
  #claim: Claim | undefined
  /** Whether it came to an end that no retry changes. */
  isFinal = false
  /** Whether it was found to answer nothing. */
  isUnasked = false

  constructor(world: World, name: string, order: string, fate: Fate, what: What) {
    this.#world = world
    this.name = name
    this.#order = order
    this.#fate = fate
    this.#what = what
    this.#subject = { key: 'the subject', ...(what.hasShows && { shows: name }) }
  }

  async step(step: (typeof STEPS)[number]): Promise<void> {
    if (step === 'claim') await this.#claimNow()
    if (step === 'land' && this.#claim && this.#fate.lands) this.#world.shown.push(this.name)
    const { verdict } = this.#fate
    if (step === 'settle' && this.#claim && verdict) {
      await settleSubject(this.#world.ports, this.#claim, verdict)
      this.isFinal = verdict.kind === 'delivered' || verdict.kind === 'rejected'
    }
  }

  /** One more try, to a healthy destination. */
  async retry(): Promise<void> {
    if (this.isFinal) return
    await this.#claimNow()
    if (!this.#claim) return
    this.#world.shown.push(this.name)
    await settleSubject(this.#world.ports, this.#claim, { kind: 'delivered' })
    this.isFinal = true
  }

  async #claimNow(): Promise<ClaimResult> {
    const result = await claimSubject(this.#world.ports, {
      cluster: 'local',
      subject: this.#subject,
      deliveryId: this.name,
      order: this.#order,
      reason: this.#what.reason,
      answers: this.#what.answers,
      timeoutMs: TIMEOUT_MS,
    })
    this.#claim = result.kind === 'claimed' ? result.claim : undefined
    this.isUnasked = result.kind === 'unasked'
    this.isFinal = ['superseded', 'unchanged', 'unasked'].includes(result.kind)
    return result
  }
}

/** Every merge of two sequences that keeps the order of each. */
function merges<T>(a: readonly T[], b: readonly T[]): readonly (readonly T[])[] {
  const [firstA, ...restA] = a
  const [firstB, ...restB] = b
  if (firstA === undefined || firstB === undefined) return [[...a, ...b]]
  return [
    ...merges(restA, b).map((rest) => [firstA, ...rest]),
    ...merges(a, restB).map((rest) => [firstB, ...rest]),
  ]
}

type StepOf = readonly [who: 'older' | 'newer', step: (typeof STEPS)[number]]
const stepsOf = (who: StepOf[0]): readonly StepOf[] => STEPS.map((step) => [who, step])

/** A delivery, with what becomes of its first try. */
type Party = What & { readonly fate: Fate }

async function run(schedule: readonly StepOf[], older: Party, newer: Party) {
  const world = new World()
  const deliveries = {
    older: new Delivery(world, 'older', '1', older.fate, older),
    newer: new Delivery(world, 'newer', '2', newer.fate, newer),
  }
  for (const [who, step] of schedule) await deliveries[who].step(step)
  for (let round = 0; round < 3; round += 1) {
    // Retries come in whatever order; the older one first is the more dangerous.
    await deliveries.older.retry()
    await deliveries.newer.retry()
    world.ports.clock.advance(LONG_AFTER_MS)
  }
  return { shown: world.shown, deliveries }
}

const SCHEDULES = merges(stepsOf('older'), stepsOf('newer'))
const PAIRS = FATES.flatMap((older) =>
  FATES.map((newer) => [older.name, newer.name, older, newer] as const),
)

describe.each([
  ['commit statuses', true],
  ['incidents and comments', false],
])('%s: every interleaving of an older and a newer delivery', (_, hasShows) => {
  it('has 20 orders', () => {
    expect(new Set(SCHEDULES.map((schedule) => JSON.stringify(schedule))).size).toBe(20)
  })

  it.each(PAIRS)(
    'older %s, newer %s: the older never lands after the newer',
    async (_older, _newer, older, newer) => {
      for (const schedule of SCHEDULES) {
        const what = { hasShows, reason: 'UpgradeFailed' }
        const { shown, deliveries } = await run(
          schedule,
          { ...what, fate: older },
          { ...what, fate: newer },
        )
        const where = JSON.stringify(schedule)
        expect(
          shown.lastIndexOf('older') < shown.indexOf('newer') || !shown.includes('newer'),
          where,
        ).toBe(true)
        expect(deliveries.older.isFinal && deliveries.newer.isFinal, where).toBe(true)
        if (newer.name !== 'rejected') expect(shown.at(-1), where).toBe('newer')
      }
    },
  )
})

describe('a success that answers one failure only', () => {
  const success = { hasShows: true, reason: 'TestSucceeded', answers: 'TestFailed' }
  const claims = (who: StepOf[0], schedule: readonly StepOf[]) =>
    schedule.findIndex(([of, step]) => of === who && step === 'claim')
  /** In what state the older one's first try leaves what it claimed. */
  const isBefore = (schedule: readonly StepOf[], step: (typeof STEPS)[number]) =>
    schedule.findIndex(([of, what]) => of === 'older' && what === step) < claims('newer', schedule)

  it.each(PAIRS)('after that failure: older %s, newer %s', async (_older, _newer, older, newer) => {
    for (const schedule of SCHEDULES) {
      const failure = { hasShows: true, reason: 'TestFailed', fate: older }
      const { shown, deliveries } = await run(schedule, failure, { ...success, fate: newer })
      const where = JSON.stringify(schedule)
      expect(deliveries.older.isFinal && deliveries.newer.isFinal, where).toBe(true)
      const isKnown = isBefore(schedule, 'claim')
      // A failure that the forge refused for good is no status that could be answered.
      const isRefused = older.name === 'rejected' && isBefore(schedule, 'settle')
      expect(deliveries.newer.isUnasked, where).toBe(!isKnown || isRefused)
      if (isKnown && !isRefused && newer.name !== 'rejected') {
        expect(shown.at(-1), where).toBe('newer')
      }
      if (!isKnown) expect(shown.includes('newer'), where).toBe(false)
    }
  })

  it.each(PAIRS)('after another: older %s, newer %s', async (_older, _newer, older, newer) => {
    for (const schedule of SCHEDULES) {
      const failure = { hasShows: true, reason: 'UpgradeFailed', fate: older }
      const { shown, deliveries } = await run(schedule, failure, { ...success, fate: newer })
      const where = JSON.stringify(schedule)
      expect(deliveries.newer.isUnasked, where).toBe(true)
      expect(shown.includes('newer'), where).toBe(false)
      if (older.name !== 'rejected') expect(shown.at(-1), where).toBe('older')
    }
  })
})
