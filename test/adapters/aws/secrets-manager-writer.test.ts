import {
  DeleteSecretCommand,
  InvalidRequestException,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { SecretsManagerStore, SecretsManagerTokens } from '../../../adapters/aws/secrets-manager.ts'
import type { SecretsManagerWriter } from '../../../adapters/aws/secrets-manager-writer.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { setText, writerOn } from '../../support/secret-sets.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const NAME = 'secrets/prod'
const CANARY = 'hunter2'

const { openSecrets } = secretsManager()
let secrets: OpenSecrets
let writer: SecretsManagerWriter

beforeEach(() => {
  secrets = openSecrets()
  writer = writerOn(secrets)
})

const setOf = (token: string) => setText({ 'flux-system/slack': { token } })

const write = (token: string) => writer.write('prod', 'flux-system', 'slack', { token })

const stored = async () => {
  const store = new SecretsManagerStore({ ...secrets, clock: new ManualClock() })
  return (await store.read('prod', 'flux-system', 'slack'))?.data
}

const storedTokens = () =>
  new SecretsManagerTokens({ ...secrets, clock: new ManualClock() }).read('prod')

function fail(operation: string, error: Error): void {
  secrets.before(operation, () => {
    throw error
  })
}

const idOf = (name: string) => `${secrets.prefix}/${name}`

describe('write', () => {
  it('creates a Secret that names the program it is of', async () => {
    const created: object[] = []
    secrets.before('CreateSecret', ({ input }) => void created.push(input))
    await write('a')
    expect(created).toMatchObject([
      {
        Name: idOf(NAME),
        SecretString: expect.stringMatching(
          /^\{"v":1,"secrets":\{"flux-system\/slack":\{"id":"[^"]+","data":\{"token":"a"\}\}\}\}$/,
        ),
        Tags: [{ Key: 'app', Value: 'flux-relay' }],
      },
    ])
  })

  it('gives one that is there a new value, and creates none', async () => {
    await secrets.put(NAME, setOf('a'))
    fail('CreateSecret', new Error('there is no need'))
    await write('b')
    expect(await stored()).toEqual({ token: 'b' })
  })

  it('replaces what somebody else creates in between', async () => {
    secrets.before('CreateSecret', () => secrets.put(NAME, setOf('theirs')))
    await write('ours')
    expect(await stored()).toEqual({ token: 'ours' })
  })

  it('gives up on one that is created and deleted in between', async () => {
    secrets.before('CreateSecret', async () => {
      await secrets.put(NAME, setOf('theirs'))
      fail('PutSecretValue', new ResourceNotFoundException({ message: '', $metadata: {} }))
    })
    await expect(write(CANARY)).rejects.toThrow(`${idOf(NAME)} is being created and deleted`)
    expect(await stored()).toEqual({ token: 'theirs' })
  })

  it.each(['PutSecretValue', 'CreateSecret'])('rejects when %s is denied', async (operation) => {
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
    fail(operation, denied)
    await expect(write('a')).rejects.toBe(denied)
    expect(await stored()).toBeUndefined()
  })

  it('says what to do about one that is scheduled for deletion', async () => {
    await secrets.put(NAME, setOf('a'))
    await secrets.client.send(
      new DeleteSecretCommand({ SecretId: idOf(NAME), RecoveryWindowInDays: 7 }),
    )
    const failure = await write(CANARY).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'SecretDeleted' })
    expect(String(failure)).toContain(`${idOf(NAME)} is scheduled for deletion. `)
    expect(String(failure)).toContain(`restore-secret --secret-id ${idOf(NAME)}\``)
    expect(String(failure)).not.toContain(CANARY)
  })

  it.each([
    ['PutSecretValue', 'it was marked for deletion.', 'SecretDeleted'],
    ['PutSecretValue', 'This secret is currently marked deleted.', 'SecretDeleted'],
    ['CreateSecret', 'this name is already scheduled for deletion.', 'SecretDeleted'],
    ['PutSecretValue', 'It is managed by another service.', 'InvalidRequestException'],
  ])('tells what %s refuses because “%s”', async (operation, message, name) => {
    fail(operation, new InvalidRequestException({ message, $metadata: {} }))
    await expect(write('a')).rejects.toMatchObject({ name })
  })
})

describe('tokens', () => {
  it('are created once, and no tokens are touched that are there', async () => {
    expect(await writer.createTokens('prod', ['a'])).toBe(true)
    expect(await writer.createTokens('prod', ['b'])).toBe(false)
    expect(await storedTokens()).toEqual(['a'])
  })

  it('are created by one of those who try together', async () => {
    const created = await Promise.all(
      ['a', 'b', 'c'].map((token) => writer.createTokens('prod', [token])),
    )
    expect(created.filter(Boolean)).toEqual([true])
    expect(await storedTokens()).toEqual([['a', 'b', 'c'][created.indexOf(true)]])
  })

  it('are replaced, and not made where there are none', async () => {
    expect(await writer.replaceTokens('prod', ['a'])).toBe(false)
    expect(await storedTokens()).toBeUndefined()
    await writer.createTokens('prod', ['a'])
    expect(await writer.replaceTokens('prod', ['b', 'a'])).toBe(true)
    expect(await storedTokens()).toEqual(['b', 'a'])
  })

  it('reject when they are scheduled for deletion', async () => {
    await writer.createTokens('prod', ['a'])
    await secrets.client.send(new DeleteSecretCommand({ SecretId: idOf('tokens/prod') }))
    const deleted = { name: 'SecretDeleted', message: expect.stringContaining('tokens/prod is') }
    await expect(writer.createTokens('prod', ['b'])).rejects.toMatchObject(deleted)
    await expect(writer.replaceTokens('prod', ['b'])).rejects.toMatchObject(deleted)
  })
})
