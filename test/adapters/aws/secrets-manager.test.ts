import { DeleteSecretCommand, InvalidRequestException } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { SecretsManagerStore, SecretsManagerTokens } from '../../../adapters/aws/secrets-manager.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const NAME = 'secrets/prod/flux-system/slack'
const MINUTE_MS = 60_000

const { openSecrets } = secretsManager()
let secrets: OpenSecrets
let clock: ManualClock
let store: SecretsManagerStore

beforeEach(() => {
  secrets = openSecrets()
  clock = new ManualClock()
  store = new SecretsManagerStore({ ...secrets, clock })
})

const read = (options?: { readonly fresh?: boolean }) =>
  store.read('prod', 'flux-system', 'slack', options)

/** Reads of Secrets that are in no set. */
const reads = () => secrets.reads.filter((id) => id !== 'secrets/prod')

const put = (value: unknown, name = NAME) => secrets.put(name, JSON.stringify(value))

describe('SecretsManagerStore', () => {
  it('reads a Secret by cluster, namespace and name', async () => {
    await put({ address: 'https://hooks.example', token: '\u{1F511}', empty: '' })
    expect((await read())?.data).toEqual({
      address: 'https://hooks.example',
      token: '\u{1F511}',
      empty: '',
    })
    expect(reads()).toEqual([NAME])
  })

  it('remembers a Secret for five minutes', async () => {
    await put({ token: 'a' })
    const first = await read()
    await put({ token: 'b' })
    clock.advance(5 * MINUTE_MS - 1)
    expect(await read()).toBe(first)
    clock.advance(1)
    expect(await read()).toMatchObject({ data: { token: 'b' } })
    expect(reads()).toHaveLength(2)
  })

  it('remembers for 30 seconds that there is none', async () => {
    expect(await read()).toBeUndefined()
    await put({ token: 'a' })
    clock.advance(29_999)
    expect(await read()).toBeUndefined()
    clock.advance(1)
    expect(await read()).toMatchObject({ data: { token: 'a' } })
  })

  it('reads past what it remembers when asked to, and remembers that', async () => {
    await put({ token: 'a' })
    await read()
    await put({ token: 'b' })
    const fresh = await read({ fresh: true })
    expect(fresh).toMatchObject({ data: { token: 'b' } })
    expect(await read()).toBe(fresh)
    expect(reads()).toHaveLength(2)
  })

  it('hands out the same object while the Secret is the same', async () => {
    await put({ token: 'a' })
    const first = await read()
    expect(await read({ fresh: true })).toBe(first)
    clock.advance(5 * MINUTE_MS)
    expect(await read()).toBe(first)
    expect(reads()).toHaveLength(3)
  })

  it('asks once for what many want at the same time', async () => {
    await put({ token: 'a' })
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => read()))
    expect(others.every((other) => other === first)).toBe(true)
    expect(reads()).toHaveLength(1)
    await Promise.all(Array.from({ length: 20 }, () => read({ fresh: true })))
    expect(reads()).toHaveLength(2)
  })

  it('does not answer a fresh read by one that began before', async () => {
    await put({ token: 'a' })
    await Promise.all([read(), read({ fresh: true })])
    expect(reads()).toHaveLength(2)
  })

  it('keeps what a fresh read has brought when one that began before it ends later', async () => {
    const answers: PromiseWithResolvers<string>[] = []
    const client = {
      async send() {
        const answer = Promise.withResolvers<string>()
        answers.push(answer)
        return { SecretString: await answer.promise, $metadata: {} }
      },
    }
    const tokens = new SecretsManagerTokens({ client, prefix: 'relay', clock })
    const earlier = tokens.read('prod')
    clock.advance(1)
    const fresh = tokens.read('prod', { fresh: true })
    answers[1]?.resolve('["new"]')
    expect(await fresh).toEqual(['new'])
    answers[0]?.resolve('["old"]')
    await earlier
    expect(await tokens.read('prod')).toEqual(['new'])
  })

  it('forgets the Secret that was unused for longest', async () => {
    store = new SecretsManagerStore({ ...secrets, clock, maxEntries: 2 })
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await store.read('prod', 'apps', name)
    expect(
      reads()
        .map((id) => id.at(-1))
        .join(''),
    ).toBe('abcb')
  })

  it('has none that is deleted and kept for its recovery window', async () => {
    await put({ token: 'a' })
    const SecretId = `${secrets.prefix}/${NAME}`
    await secrets.client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
    expect(await read()).toBeUndefined()
  })

  it.each([
    [
      'deleted',
      'You can’t perform this operation on the secret because it was marked for deletion.',
    ],
    ['deleted, in other words', 'This secret is currently marked deleted.'],
  ])('has none that is %s', async (_, message) => {
    secrets.failReads(new InvalidRequestException({ message, $metadata: {} }))
    expect(await read()).toBeUndefined()
  })

  it.each(['AccessDeniedException', 'DecryptionFailure', 'InvalidRequestException'])(
    'rejects for %s, and asks again the next time',
    async (name) => {
      secrets.failReads(Object.assign(new Error('no'), { name }))
      await expect(read()).rejects.toMatchObject({ name })
      secrets.failReads(undefined)
      await put({ token: 'a' })
      expect(await read()).toMatchObject({ data: { token: 'a' } })
    },
  )

  it.each([
    ['no JSON', 'xoxb-secret-1'],
    ['an array', '["xoxb-secret-1"]'],
    ['null', 'null'],
    ['an object in it', '{"token":{"a":"xoxb-secret-1"}}'],
    ['bytes', Buffer.from('xoxb-secret-1')],
  ])('rejects a Secret of %s, shows nothing of it, and remembers that', async (_, value) => {
    await secrets.put(NAME, value)
    const failure = await read().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidSecret)
    expect(String(failure)).toContain(
      `${secrets.prefix}/${NAME} in Secrets Manager is not a JSON object of strings`,
    )
    expect(JSON.stringify([String(failure), failure])).not.toContain('xoxb')
    await expect(read()).rejects.toBe(failure)
    expect(reads()).toHaveLength(1)
    await put({ token: 'a' })
    clock.advance(30_000)
    expect(await read()).toMatchObject({ data: { token: 'a' } })
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
    expect(secrets.reads).toEqual([])
  })
})

describe('SecretsManagerTokens', () => {
  let tokens: SecretsManagerTokens
  beforeEach(() => {
    tokens = new SecretsManagerTokens({ ...secrets, clock })
  })

  it("reads a cluster's tokens, and remembers them", async () => {
    await put(['new-token', 'old-token'], 'tokens/prod')
    const first = await tokens.read('prod')
    expect(first).toEqual(['new-token', 'old-token'])
    expect(await tokens.read('prod')).toBe(first)
    expect(await tokens.read('staging')).toBeUndefined()
    expect(secrets.reads).toEqual(['tokens/prod', 'tokens/staging'])
    await put(['newer-token'], 'tokens/prod')
    expect(await tokens.read('prod', { fresh: true })).toEqual(['newer-token'])
  })

  it('leaves out white space around a token', async () => {
    await put(['one\n', ' two\r\n'], 'tokens/prod')
    expect(await tokens.read('prod')).toEqual(['one', 'two'])
  })

  it.each([[[]], [['']], [['\n']], [['a b']], [[1]], [{ tokens: ['a'] }], ['token-1']])(
    'refuses %j',
    async (value) => {
      await put(value, 'tokens/prod')
      await expect(tokens.read('prod')).rejects.toThrow(InvalidSecret)
    },
  )

  it.each(['', 'Prod', 'a/b', '../prod', 'a'.repeat(64)])(
    'asks for no cluster %j',
    async (name) => {
      expect(await tokens.read(name)).toBeUndefined()
      expect(secrets.reads).toEqual([])
    },
  )
})
