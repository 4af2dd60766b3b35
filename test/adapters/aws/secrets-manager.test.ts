import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSecretsManagerClient } from '../../../adapters/aws/clients.ts'
import { SecretsManagerStore, SecretsManagerTokens } from '../../../adapters/aws/secrets-manager.ts'
import { InvalidSecret } from '../../../relay/ports.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type SecretsManagerDouble, startSecretsManager } from '../../support/secrets-manager.ts'

const ID = 'relay/secrets/prod/flux-system/slack'
const MINUTE_MS = 60_000

let double: SecretsManagerDouble
let client: SecretsManagerClient
let clock: ManualClock
let store: SecretsManagerStore

beforeAll(async () => {
  double = await startSecretsManager()
  client = createSecretsManagerClient(double.options)
})

afterAll(async () => {
  client.destroy()
  await double.stop()
})

beforeEach(() => {
  double.secrets.clear()
  double.reads.length = 0
  clock = new ManualClock()
  store = new SecretsManagerStore({ client, clock, prefix: 'relay' })
})

const read = (options?: { readonly fresh?: boolean }) =>
  store.read('prod', 'flux-system', 'slack', options)

function put(value: unknown, id = ID): void {
  double.secrets.set(id, { SecretString: JSON.stringify(value) })
}

describe('SecretsManagerStore', () => {
  it('reads a Secret by cluster, namespace and name', async () => {
    put({ address: 'https://hooks.example', token: '\u{1F511}', empty: '' })
    expect(await read()).toEqual({
      address: 'https://hooks.example',
      token: '\u{1F511}',
      empty: '',
    })
    expect(double.reads).toEqual([ID])
  })

  it('remembers a Secret for five minutes', async () => {
    put({ token: 'a' })
    const first = await read()
    put({ token: 'b' })
    clock.advance(5 * MINUTE_MS - 1)
    expect(await read()).toBe(first)
    clock.advance(1)
    expect(await read()).toEqual({ token: 'b' })
    expect(double.reads).toHaveLength(2)
  })

  it('remembers for 30 seconds that there is none', async () => {
    expect(await read()).toBeUndefined()
    put({ token: 'a' })
    clock.advance(29_999)
    expect(await read()).toBeUndefined()
    clock.advance(1)
    expect(await read()).toEqual({ token: 'a' })
  })

  it('reads past what it remembers when asked to, and remembers that', async () => {
    put({ token: 'a' })
    await read()
    put({ token: 'b' })
    const fresh = await read({ fresh: true })
    expect(fresh).toEqual({ token: 'b' })
    expect(await read()).toBe(fresh)
    expect(double.reads).toHaveLength(2)
  })

  it('hands out the same object while the Secret is the same', async () => {
    put({ token: 'a' })
    const first = await read()
    expect(await read({ fresh: true })).toBe(first)
    clock.advance(5 * MINUTE_MS)
    expect(await read()).toBe(first)
    expect(double.reads).toHaveLength(3)
  })

  it('asks once for what many want at the same time', async () => {
    put({ token: 'a' })
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => read()))
    expect(others.every((other) => other === first)).toBe(true)
    expect(double.reads).toHaveLength(1)
    await Promise.all(Array.from({ length: 20 }, () => read({ fresh: true })))
    expect(double.reads).toHaveLength(2)
  })

  it('does not answer a fresh read by one that began before', async () => {
    put({ token: 'a' })
    await Promise.all([read(), read({ fresh: true })])
    expect(double.reads).toHaveLength(2)
  })

  it('forgets the Secret that was unused for longest', async () => {
    store = new SecretsManagerStore({ client, clock, prefix: 'relay', maxEntries: 2 })
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await store.read('prod', 'apps', name)
    expect(double.reads.map((id) => id.at(-1)).join('')).toBe('abcb')
  })

  it.each([
    [
      'deleted',
      'You can’t perform this operation on the secret because it was marked for deletion.',
    ],
    ['deleted, in other words', 'This secret is currently marked deleted.'],
  ])('has none that is %s', async (_, message) => {
    double.secrets.set(ID, { error: 'InvalidRequestException', message })
    expect(await read()).toBeUndefined()
  })

  it.each(['AccessDeniedException', 'DecryptionFailure', 'InvalidRequestException'])(
    'rejects for %s, and asks again the next time',
    async (error) => {
      double.secrets.set(ID, { error, message: 'no' })
      await expect(read()).rejects.toMatchObject({ name: error })
      put({ token: 'a' })
      expect(await read()).toEqual({ token: 'a' })
    },
  )

  it.each([
    ['no JSON', { SecretString: 'xoxb-secret-1' }],
    ['an array', { SecretString: '["xoxb-secret-1"]' }],
    ['null', { SecretString: 'null' }],
    ['an object in it', { SecretString: '{"token":{"a":"xoxb-secret-1"}}' }],
    ['bytes', { SecretBinary: Buffer.from('xoxb-secret-1').toString('base64') }],
  ])('rejects a Secret of %s, shows nothing of it, and remembers that', async (_, value) => {
    double.secrets.set(ID, value)
    const failure = await read().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidSecret)
    expect(String(failure)).toContain(`${ID} in Secrets Manager is not a JSON object of strings`)
    expect(JSON.stringify([String(failure), failure])).not.toContain('xoxb')
    await expect(read()).rejects.toBe(failure)
    expect(double.reads).toHaveLength(1)
    put({ token: 'a' })
    clock.advance(30_000)
    expect(await read()).toEqual({ token: 'a' })
  })

  it.each([
    ['prod', 'a/b', 'c'],
    ['prod', 'a', '../b'],
    ['prod', 'a', ''],
    ['prod', '..', 'b'],
    ['prod/a', 'b', 'c'],
    ['', 'a', 'b'],
  ])('asks for no Secret that Kubernetes could not have: %s %s %s', async (...names) => {
    expect(await store.read(...names)).toBeUndefined()
    expect(double.reads).toEqual([])
  })
})

describe('SecretsManagerTokens', () => {
  let tokens: SecretsManagerTokens
  beforeEach(() => {
    tokens = new SecretsManagerTokens({ client, clock, prefix: 'relay' })
  })

  it("reads a cluster's tokens, and remembers them", async () => {
    put(['new-token', 'old-token'], 'relay/tokens/prod')
    const first = await tokens.read('prod')
    expect(first).toEqual(['new-token', 'old-token'])
    expect(await tokens.read('prod')).toBe(first)
    expect(await tokens.read('staging')).toBeUndefined()
    expect(double.reads).toEqual(['relay/tokens/prod', 'relay/tokens/staging'])
    put(['newer-token'], 'relay/tokens/prod')
    expect(await tokens.read('prod', { fresh: true })).toEqual(['newer-token'])
  })

  it.each([[[]], [['']], [['a b']], [[1]], [{ tokens: ['a'] }], ['token-1']])(
    'refuses %j',
    async (value) => {
      put(value, 'relay/tokens/prod')
      await expect(tokens.read('prod')).rejects.toThrow(InvalidSecret)
    },
  )

  it.each(['', 'Prod', 'a/b', '../prod', 'a'.repeat(64)])(
    'asks for no cluster %j',
    async (name) => {
      expect(await tokens.read(name)).toBeUndefined()
      expect(double.reads).toEqual([])
    },
  )
})
