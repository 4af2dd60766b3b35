import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SecretSetCopies } from '../../../adapters/aws/secret-set-copies.ts'
import { SecretsManagerCopies } from '../../../adapters/aws/secrets-manager-copies.ts'
import { newTurns, setCopiesOn, type Turns, writerOn } from '../../support/secret-sets.ts'
import { copyOf, recordOperations } from '../../support/secret-sync.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const SLACK = { namespace: 'flux-system', name: 'slack' }
const SET = 'secrets/prod'
const OLD = 'secrets/prod/flux-system/slack'
const CANARY = 'hunter2'

const { openSecrets } = secretsManager()
let secrets: OpenSecrets
let turns: Turns
let copies: SecretSetCopies

beforeEach(() => {
  secrets = openSecrets()
  turns = newTurns()
  copies = setCopiesOn(secrets, turns)
})

const named = (name: string) => ({ namespace: 'flux-system', name })
const put = (token: string, name = 'slack') =>
  writerOn(secrets, turns).write('prod', 'flux-system', name, { token })

const isOldDeleted = async () => {
  const SecretId = `${secrets.prefix}/${OLD}`
  const { DeletedDate } = await secrets.client.send(new DescribeSecretCommand({ SecretId }))
  return DeletedDate !== undefined
}

function deny(operation: string): void {
  secrets.before(operation, () => {
    throw Object.assign(new Error(`not authorized to ${operation}`), {
      name: 'AccessDeniedException',
    })
  })
}

it('write many Secrets at once in one or two requests', async () => {
  const names = Array.from({ length: 50 }, (_, n) => `s${n}`)
  const operations = recordOperations(secrets)
  const written = await Promise.all(names.map((name) => copies.write(named(name), { token: name })))
  expect(written.every(({ how }) => how === 'created')).toBe(true)
  const puts = operations.filter((each) => each === 'PutSecretValue')
  expect(puts.length).toBeLessThanOrEqual(2)
  expect(operations.filter((each) => each === 'CreateSecret')).toHaveLength(1)
  expect(await copyOf(secrets, 's0')).toEqual({ token: 's0' })
  expect(await copyOf(secrets, 's49')).toEqual({ token: 's49' })
})

it('write only what differs, and know what is as they wrote it', async () => {
  const first = await copies.write(SLACK, { token: 'a' })
  expect(await copies.isCurrent(SLACK, first.versionId)).toBe(true)
  const operations = recordOperations(secrets)
  expect(await copies.write(SLACK, { token: 'a' })).toEqual({ ...first, how: 'updated' })
  expect(operations).not.toContain('PutSecretValue')
  const second = await copies.write(SLACK, { token: 'b' })
  expect(second.how).toBe('updated')
  expect(await copies.isCurrent(SLACK, first.versionId)).toBe(false)
  await put('mine')
  expect(await copies.isCurrent(SLACK, second.versionId)).toBe(false)
  // The version of a copy that was a secret of its own.
  expect(await copies.isCurrent(SLACK, '4b1e6a0e-6a4e-4f0c-8b1e-0f4f5b9f7a11')).toBe(false)
  expect(await copies.isCurrent(named('other'), second.versionId)).toBe(false)
})

it('ask once whether many are current', async () => {
  const { versionId } = await copies.write(SLACK, { token: 'a' })
  const before = secrets.reads.length
  await Promise.all(Array.from({ length: 20 }, () => copies.isCurrent(SLACK, versionId)))
  expect(secrets.reads.slice(before)).toEqual([SET])
})

it('lose nothing of what the command line writes at the same time, nor it of theirs', async () => {
  await Promise.all([
    copies.write(named('a'), { token: 'a' }),
    put('b', 'b'),
    copies.write(named('c'), { token: 'c' }),
    put('d', 'd'),
  ])
  for (const name of ['a', 'b', 'c', 'd'])
    expect(await copyOf(secrets, name)).toEqual({ token: name })
})

describe('remove', () => {
  it('takes out what they put first, and nothing that a person did', async () => {
    await copies.write(SLACK, { token: 'a' })
    await put('mine', 'person')
    await copies.write(named('person'), { token: 'theirs' })
    expect(await copies.remove(SLACK)).toBe('deleted')
    expect(await copies.remove(SLACK)).toBe('absent')
    expect(await copies.remove(named('person'))).toBe('foreign')
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
    expect(await copyOf(secrets, 'person')).toEqual({ token: 'theirs' })
  })

  it('deletes a copy of before that has not moved', async () => {
    await new SecretsManagerCopies({ ...secrets, cluster: 'prod' }).write(SLACK, { token: 'a' })
    expect(await copies.remove(SLACK)).toBe('deleted')
    expect(await isOldDeleted()).toBe(true)
  })
})

describe('a copy of before', () => {
  beforeEach(async () => {
    await new SecretsManagerCopies({ ...secrets, cluster: 'prod' }).write(SLACK, { token: 'a' })
  })

  it('is read until it is written, and then deleted', async () => {
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    const { left } = await copies.write(SLACK, { token: 'b' })
    expect([left, await isOldDeleted()]).toEqual([undefined, true])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })

  it('stays where the rights do not allow to delete it, and that is told', async () => {
    deny('DeleteSecret')
    const { left } = await copies.write(SLACK, { token: 'b' })
    expect(left).toContain(
      `${secrets.prefix}/${OLD} in Secrets Manager: AccessDeniedException: not`,
    )
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })
})

describe('what fails', () => {
  it.each(['GetSecretValue', 'CreateSecret'])('is told when %s is denied', async (operation) => {
    deny(operation)
    await expect(copies.write(SLACK, { token: CANARY })).rejects.toMatchObject({
      name: 'SecretCopyError',
      message: `${secrets.prefix}/${SET} in Secrets Manager: AccessDeniedException: not authorized to ${operation}`,
    })
    expect(await copies.write(SLACK, { token: CANARY })).toMatchObject({ how: 'created' })
  })

  it('is told when the lock is denied, and for how long others had it', async () => {
    const denied = Object.assign(new Error('dynamodb:PutItem'), { name: 'AccessDeniedException' })
    const without = setCopiesOn(secrets, {
      ...turns,
      state: { write: () => Promise.reject(denied) },
    })
    const writing = without.write(SLACK, { token: CANARY })
    await expect(writing).rejects.toThrow('AccessDeniedException: dynamodb:PutItem')
    const { clock } = turns
    const locked = setCopiesOn(secrets, {
      ...{ clock, state: { write: async () => false } },
      wait: async (ms) => clock.advance(ms),
    })
    await expect(locked.write(SLACK, { token: CANARY })).rejects.toThrow(
      'SecretsLocked: others are writing the Secrets of prod: try again in a minute',
    )
  })

  it('shows nothing of a Secret', async () => {
    secrets.before('CreateSecret', () => {
      throw new Error(`invalid request: ${CANARY}`)
    })
    const failure = await copies.write(SLACK, { token: CANARY }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'SecretCopyError' })
    expect(JSON.stringify([String(failure), failure])).not.toContain(CANARY)
  })
})
