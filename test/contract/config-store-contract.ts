import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import type { JsonObject } from '../../relay/model/json-value.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import { configSnapshotCodec } from '../../relay/model/stored/config-snapshot.ts'
import { LaterVersion } from '../../relay/model/stored/errors.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import { allGoldenBodies } from '../fixtures/stored/golden-bodies.ts'
import type { ManualClock } from '../support/manual-clock.ts'

export interface ConfigStoreUnderTest {
  readonly configs: ConfigStore & ConfigHistory
  readonly clock: ManualClock
  /** Lets go what has expired by the clock, where nobody else does. */
  expire(): Promise<void>
  /** Stores a whole set in this form, past the store, and gives a store that finds it there. */
  leave(set: ConfigSnapshot, body: JsonObject): Promise<ConfigStore>
  close(): Promise<void>
}

/** What the core expects of a ConfigStore. */
export function configStoreContract(name: string, open: () => Promise<ConfigStoreUnderTest>): void {
  describe(`${name} as ConfigStore`, () => {
    let under: ConfigStoreUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    reading(() => under.configs)
    replacing(() => under.configs)
    history(() => under)
    earlier(() => under)
  })
}

function reading(configs: () => ConfigStore): void {
  it('reads nothing of a cluster without a set', async () => {
    expect(await configs().read('prod')).toBeUndefined()
    expect(await configs().read('prod', 'r1')).toBeUndefined()
  })

  it('reads a set whole, and each cluster its own', async () => {
    const [prod, staging] = [snapshot({}), snapshot({ cluster: 'staging', revision: 'r9' })]
    expect(await configs().replace(prod)).toBe('replaced')
    expect(await configs().replace(staging)).toBe('replaced')
    expect(await configs().read('prod')).toEqual(prod)
    expect(await configs().read('staging')).toEqual(staging)
  })

  it('answers unchanged only to the revision that is stored', async () => {
    await configs().replace(snapshot({ revision: 'r1' }))
    expect(await configs().read('prod', 'r1')).toBe('unchanged')
    expect(await configs().read('prod', 'r0')).toEqual(snapshot({ revision: 'r1' }))
  })

  it('knows, if it knows any, the revision that was stored last', async () => {
    const store = configs()
    if (store.isCurrent === undefined) return
    expect(store.isCurrent('prod', 'r1')).toBe(false)
    await store.replace(snapshot({ revision: 'r1' }))
    expect(store.isCurrent('prod', 'r1')).toBe(true)
    await store.replace(snapshot({ revision: 'r2' }))
    expect(store.isCurrent('prod', 'r1')).toBe(false)
    expect(store.isCurrent('prod', 'r2')).toBe(true)
  })

  it('holds a set of several megabytes', async () => {
    const manifests = Array.from({ length: 2_000 }, (_, index) => ({
      kind: 'Alert',
      metadata: { name: `alert-${index}`, namespace: 'flux-system' },
      spec: { summary: 'x'.repeat(1_000) },
    }))
    const large = snapshot({ manifests })
    await configs().replace(large)
    expect(await configs().read('prod')).toEqual(large)
  })
}

function replacing(configs: () => ConfigStore): void {
  it('replaces a set by one that was taken later, and drops what is not in it', async () => {
    await configs().replace(snapshot({ takenAt: 1_000 }))
    const empty = snapshot({ takenAt: 1_001, revision: 'r2', manifests: [], objects: [] })
    expect(await configs().replace(empty)).toBe('replaced')
    expect(await configs().read('prod')).toEqual(empty)
  })

  it('replaces a set by one that was taken at the same time', async () => {
    await configs().replace(snapshot({ takenAt: 1_000 }))
    const same = snapshot({ takenAt: 1_000, revision: 'r2' })
    expect(await configs().replace(same)).toBe('replaced')
    expect(await configs().read('prod')).toEqual(same)
  })

  it('refuses a set that was taken before the stored one', async () => {
    const stored = snapshot({ takenAt: 1_000 })
    await configs().replace(stored)
    expect(await configs().replace(snapshot({ takenAt: 999, revision: 'r0' }))).toBe('stale')
    expect(await configs().read('prod')).toEqual(stored)
  })

  it('ends with the latest of sets that arrive together', async () => {
    const sets = [3, 1, 5, 2, 4].map((n) => snapshot({ takenAt: n, revision: `r${n}` }))
    await Promise.all(sets.map((set) => configs().replace(set)))
    expect(await configs().read('prod')).toEqual(snapshot({ takenAt: 5, revision: 'r5' }))
  })
}

function history(under: () => ConfigStoreUnderTest): void {
  const [first, second] = ['a', 'b'].map((letter, index) =>
    snapshot({
      revision: letter.repeat(64),
      takenAt: index + 1,
      manifests: [{ kind: 'Alert', metadata: { name: letter } }],
    }),
  ) as [ConfigSnapshot, ConfigSnapshot]

  it('finds a revision that is in force by its beginning, and none of another cluster', async () => {
    const { configs } = under()
    await configs.replace(first)
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toEqual(first)
    expect(await configs.readRevision('prod', first.revision)).toEqual(first)
    expect(await configs.readRevision('prod', 'b'.repeat(12))).toBeUndefined()
    expect(await configs.readRevision('staging', 'a'.repeat(12))).toBeUndefined()
  })

  it('keeps what was replaced, as it was, for as long as records do', async () => {
    const { configs, clock, expire } = under()
    await configs.replace(first)
    clock.advance(DEFAULT_RETENTION_MS)
    await configs.replace(second)
    clock.advance(DEFAULT_RETENTION_MS - 1)
    await expire()
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toEqual(first)
    expect(await configs.readRevision('prod', 'b'.repeat(12))).toEqual(second)
    clock.advance(1)
    await expire()
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toBeUndefined()
    expect(await configs.readRevision('prod', 'b'.repeat(12))).toEqual(second)
  })

  it('keeps one that came back from when it is replaced again', async () => {
    const { configs, clock, expire } = under()
    await configs.replace(first)
    await configs.replace(second)
    await configs.replace({ ...first, takenAt: 3 })
    clock.advance(DEFAULT_RETENTION_MS)
    await expire()
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toEqual({ ...first, takenAt: 3 })
    expect(await configs.readRevision('prod', 'b'.repeat(12))).toBeUndefined()
    await configs.replace({ ...second, takenAt: 4 })
    clock.advance(DEFAULT_RETENTION_MS - 1)
    await expire()
    expect((await configs.readRevision('prod', 'a'.repeat(12)))?.manifests).toEqual(first.manifests)
  })

  it('keeps no set that was refused', async () => {
    const { configs } = under()
    await configs.replace(second)
    expect(await configs.replace(first)).toBe('stale')
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toBeUndefined()
  })

  it('keeps a set of several megabytes', async () => {
    const { configs } = under()
    const manifests = Array.from({ length: 2_000 }, (_, index) => ({
      kind: 'Alert',
      metadata: { name: createHash('sha256').update(`${index}`).digest('hex').repeat(8) },
    }))
    const large = { ...first, manifests }
    await configs.replace(large)
    await configs.replace(second)
    expect(await configs.readRevision('prod', first.revision)).toEqual(large)
  })
}

function earlier(under: () => ConfigStoreUnderTest): void {
  it('reads a set that 591c4aa or a version since stored, and refuses one of a later', async () => {
    for (const { version, body, value } of allGoldenBodies(configSnapshotCodec)) {
      const configs = await under().leave(value, body)
      expect(await configs.read(value.cluster), `version ${version}`).toEqual(value)
      expect(await configs.read(value.cluster, value.revision)).toBe('unchanged')
      const later = await under().leave(value, { ...body, v: 99 })
      await expect(later.read(value.cluster)).rejects.toThrow(LaterVersion)
    }
  })
}

function snapshot(changes: Partial<ConfigSnapshot>): ConfigSnapshot {
  return {
    cluster: 'prod',
    revision: 'r1',
    takenAt: 1_000,
    manifests: [{ kind: 'Alert', metadata: { name: 'on-call', namespace: 'flux-system' } }],
    objects: [
      {
        kind: 'Alert',
        namespace: 'flux-system',
        name: 'on-call',
        ready: true,
        reason: 'Succeeded',
        message: 'Initialized',
      },
    ],
    ...changes,
  }
}
