import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SecretData } from '../../relay/model/secret.ts'
import type { SecretStore, SecretWriter } from '../../relay/ports/secret-store.ts'

export interface SecretStoreUnderTest {
  readonly secrets: SecretStore
  readonly writer: SecretWriter
  close(): Promise<void>
}

/** Most bytes of a Secret's JSON, as AWS Secrets Manager takes it. */
const MAX_BYTES = 65_536

/** What is expected of a SecretStore and the SecretWriter beside it. */
export function secretStoreContract(name: string, open: () => Promise<SecretStoreUnderTest>): void {
  describe(`${name} as SecretStore and SecretWriter`, () => {
    let under: SecretStoreUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    const write = (data: SecretData, [cluster, namespace, secret] = SLACK) =>
      under.writer.write(cluster, namespace, secret, data)
    const stored = ([cluster, namespace, secret] = SLACK) =>
      under.secrets.read(cluster, namespace, secret, { fresh: true })
    const read = async (name = SLACK) => (await stored(name))?.data

    it('reads nothing of a Secret that was not written', async () => {
      expect(await read()).toBeUndefined()
    })

    it('reads each Secret by its cluster, namespace and name', async () => {
      const names: readonly Name[] = [
        SLACK,
        ['staging', 'flux-system', 'slack'],
        ['prod', 'apps', 'slack'],
        ['prod', 'flux-system', 'pagerduty'],
      ]
      for (const each of names) await write({ token: each.join(' ') }, each)
      for (const each of names) expect(await read(each)).toEqual({ token: each.join(' ') })
    })

    it('replaces a Secret whole', async () => {
      await write({ token: 'a', address: 'b' })
      await write({ address: 'c' })
      expect(await read()).toEqual({ address: 'c' })
      await write({ address: 'c' })
      expect(await read()).toEqual({ address: 'c' })
    })

    it('tells by its version whether a Secret is another, and nothing else changes it', async () => {
      await write({ token: 'a' })
      await write({ token: 'x' }, ['prod', 'apps', 'slack'])
      const first = (await stored())?.version
      await write({ token: 'y' }, ['prod', 'apps', 'slack'])
      await write({ token: 'a' })
      expect((await stored())?.version).toBe(first)
      await write({ token: 'b' })
      expect((await stored())?.version).not.toBe(first)
    })

    it('ends with one of those that are written together', async () => {
      const written = Array.from({ length: 5 }, (_, n) => ({ [`key-${n}`]: `${n}`, n: `${n}` }))
      await Promise.all(written.map((data) => write(data)))
      expect(written).toContainEqual(await read())
    })

    it('holds the largest that Secrets Manager takes', async () => {
      const data = { token: 'x'.repeat(MAX_BYTES - '{"token":""}'.length) }
      await write(data)
      expect(await read()).toEqual(data)
    })

    it('keeps any keys and texts as they are', async () => {
      const key = fc.string({ unit: fc.constantFrom(...'-._aZ09'), minLength: 1, maxLength: 9 })
      const character = fc.constantFrom(...'aé="\\\n\0\u2028\uffff\u{1F511}')
      const data = fc.dictionary(key, fc.string({ unit: character }), { minKeys: 1, maxKeys: 5 })
      await fc.assert(
        fc.asyncProperty(data, async (given) => {
          await write(given)
          expect(Object.entries((await read()) ?? {}).toSorted()).toEqual(
            Object.entries(given).toSorted(),
          )
        }),
        { numRuns: 20 },
      )
    })
  })
}

type Name = readonly [cluster: string, namespace: string, name: string]

const SLACK: Name = ['prod', 'flux-system', 'slack']
