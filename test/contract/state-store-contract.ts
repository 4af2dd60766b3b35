import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Codec } from '../../relay/model/stored/codec.ts'
import { objectStateCodec } from '../../relay/model/stored/object-state.ts'
import { subjectStateCodec } from '../../relay/model/stored/subject-state.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import type { ExpectedVersion } from '../../relay/ports/versioned.ts'
import { allGoldenBodies, LATER_CODECS } from '../fixtures/stored/golden-bodies.ts'
import { type ManualClock, START } from '../support/manual-clock.ts'

export interface StateStoreUnderTest {
  readonly state: StateStore
  readonly clock: ManualClock
  /** Puts another text in the place of a stored item's value, and gives a store that finds it. */
  replaceText(key: string, text: string): Promise<StateStore>
  close(): Promise<void>
}

const FOREVER = START + 90 * 24 * 3_600_000

/** What the core expects of a StateStore. `runs`: how many histories the property test tries. */
export function stateStoreContract(
  name: string,
  open: () => Promise<StateStoreUnderTest>,
  runs = 50,
): void {
  describe(`${name} as StateStore`, () => {
    let under: StateStoreUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    comparing(() => under)
    expiring(() => under)
    racing(() => under)
    earlier(() => under, 'subject', subjectStateCodec)
    earlier(() => under, 'object memory', objectStateCodec)
    for (const codec of LATER_CODECS) earlier(() => under, codec.form, codec, 1)
    damaged(() => under)
    it('behaves as a map with versions, whatever is done to it', () => behavesAsMap(under, runs))
  })
}

function comparing(under: () => StateStoreUnderTest): void {
  it('stores a value where there is none, at version 1', async () => {
    const { state } = under()
    const value = { state: 'success', nested: [1, null, { emoji: '\u{1F680}' }], empty: '' }
    expect(await state.read('prod#a')).toBeUndefined()
    expect(await state.write('prod#a', value, 'absent', FOREVER)).toBe(true)
    expect(await state.read('prod#a')).toEqual({ value, version: 1 })
    expect(await state.read('prod#b')).toBeUndefined()
  })

  it('changes nothing when the item is not as expected', async () => {
    const { state } = under()
    expect(await state.write('prod#a', 'x', 1, FOREVER)).toBe(false)
    expect(await state.read('prod#a')).toBeUndefined()
    await state.write('prod#a', 'first', 'absent', FOREVER)
    expect(await state.write('prod#a', 'second', 'absent', FOREVER)).toBe(false)
    expect(await state.write('prod#a', 'second', 2, FOREVER)).toBe(false)
    expect(await state.read('prod#a')).toEqual({ value: 'first', version: 1 })
  })

  it('counts the version up', async () => {
    const { state } = under()
    await state.write('prod#a', 'first', 'absent', FOREVER)
    expect(await state.write('prod#a', 'second', 1, FOREVER)).toBe(true)
    expect(await state.read('prod#a')).toEqual({ value: 'second', version: 2 })
    expect(await state.write('prod#a', 'late', 1, FOREVER)).toBe(false)
  })
}

function expiring(under: () => StateStoreUnderTest): void {
  it('counts an expired item as absent, in reads and in writes', async () => {
    const { state, clock } = under()
    await state.write('prod#a', 'old', 'absent', START + 10_000)
    await state.write('prod#a', 'older', 1, START + 10_000)
    clock.set(START + 9_999)
    expect(await state.read('prod#a')).toEqual({ value: 'older', version: 2 })
    clock.set(START + 10_000)
    expect(await state.read('prod#a')).toBeUndefined()
    expect(await state.write('prod#a', 'x', 2, FOREVER)).toBe(false)
    expect(await state.write('prod#a', 'new', 'absent', FOREVER)).toBe(true)
    expect(await state.read('prod#a')).toEqual({ value: 'new', version: 1 })
  })
}

function racing(under: () => StateStoreUnderTest): void {
  it('lets one of many writers win', async () => {
    const { state } = under()
    const values = Array.from({ length: 20 }, (_, index) => index)
    const won = await Promise.all(
      values.map((value) => state.write('prod#a', value, 'absent', FOREVER)),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    const winner = values.find((index) => won[index])
    expect(await state.read('prod#a')).toEqual({ value: winner, version: 1 })
  })
}

function earlier<T>(
  under: () => StateStoreUnderTest,
  form: string,
  codec: Codec<T>,
  firstVersion = 0,
): void {
  it(`hands out each ${form} that 591c4aa or a version since stored, whole`, async () => {
    const { state, replaceText } = under()
    for (const [index, { version, body, value }] of allGoldenBodies(
      codec,
      firstVersion,
    ).entries()) {
      const name = `local#golden#${index}`
      await state.write(name, {}, 'absent', FOREVER)
      const read = await (await replaceText(name, JSON.stringify(body))).read(name)
      expect(read, `version ${version}`).toEqual({ value: body, version: 1 })
      expect(codec.decode(read?.value)).toEqual({ kind: 'read', value })
    }
  })
}

function damaged(under: () => StateStoreUnderTest): void {
  it('has an item that is no JSON any more, without its value, and lets it be written anew', async () => {
    const { state, replaceText } = under()
    await state.write('prod#a', { v: 1 }, 'absent', FOREVER)
    const found = await replaceText('prod#a', '{"v":1')
    expect(await found.read('prod#a')).toEqual({ value: undefined, version: 1 })
    expect(await found.write('prod#a', { v: 2 }, 1, FOREVER)).toBe(true)
    expect(await found.read('prod#a')).toEqual({ value: { v: 2 }, version: 2 })
  })
}

interface Item {
  readonly value: unknown
  readonly version: number
  readonly expiresAt: number
}

type Step =
  | ({ readonly kind: 'write'; readonly key: string; readonly value: unknown } & {
      readonly expected: ExpectedVersion
      readonly keepMs: number
    })
  | { readonly kind: 'pass'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'A')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      key,
      // JSON knows no -0.
      value: fc.json({ maxDepth: 2 }).map((json): unknown => JSON.parse(json)),
      expected: fc.oneof(fc.constant('absent' as const), fc.integer({ min: 1, max: 3 })),
      keepMs: fc.integer({ min: 1, max: 5_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.integer({ min: 0, max: 4_000 }),
    }),
  },
)

async function behavesAsMap({ state, clock }: StateStoreUnderTest, numRuns: number) {
  let run = 0
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    run += 1
    const model = new Map<string, Item>()
    for (const step of steps) {
      if (step.kind === 'pass') clock.advance(step.ms)
      else await writeBoth(`run-${run}#${step.key}`, step)
      for (const [modelKey, item] of model) {
        const isThere = item.expiresAt > clock.now()
        const { value, version } = item
        expect(await state.read(modelKey)).toEqual(isThere ? { value, version } : undefined)
      }
    }

    async function writeBoth(name: string, write: Extract<Step, { kind: 'write' }>) {
      const stored = model.get(name)
      const current = stored && stored.expiresAt > clock.now() ? stored : undefined
      const fits = (current?.version ?? 'absent') === write.expected
      const expiresAt = clock.now() + write.keepMs
      expect(await state.write(name, write.value, write.expected, expiresAt)).toBe(fits)
      const version = (current?.version ?? 0) + 1
      if (fits) model.set(name, { value: write.value, version, expiresAt })
    }
  })
  await fc.assert(property, { numRuns })
}
