import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { DynamoDbStateStore } from '../../../adapters/aws/dynamodb-state.ts'
import { MADE_BY_SHIPPER, SecretValues } from '../../../adapters/aws/secret-values.ts'
import { LOCK_MS, lockKey } from '../../../adapters/aws/secrets-lock.ts'
import { SecretsManagerStore } from '../../../adapters/aws/secrets-manager.ts'
import { STATE_TABLE } from '../../../adapters/aws/tables.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { dynamoDb } from '../../support/dynamo-db.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { newTurns, setsOn, setText, type Turns, writerOn } from '../../support/secret-sets.ts'
import { recordOperations } from '../../support/secret-sync.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const SET = 'secrets/prod'
const OLD = `${SET}/flux-system/slack`

const { openSecrets } = secretsManager()
const { openTable } = dynamoDb()
let secrets: OpenSecrets
let turns: Turns

beforeEach(() => {
  secrets = openSecrets()
  turns = newTurns()
})

const storeOn = (open: OpenSecrets, clock = new ManualClock()) =>
  new SecretsManagerStore({ ...open, clock })

/** What a container that has read nothing yet reads of the cluster's Secrets in flux-system. */
async function readAll(names: readonly string[], store = storeOn(secrets)) {
  const found = names.map(async (name) => {
    const secret = await store.read('prod', 'flux-system', name, { fresh: true })
    return [name, secret?.data] as const
  })
  return Object.fromEntries(await Promise.all(found))
}

const write = (name: string, data: SecretData, by = writerOn(secrets, turns)) =>
  by.write('prod', 'flux-system', name, data)

/** The ids of all secrets that are there, without the prefix. */
async function ids(): Promise<readonly string[]> {
  const Filters = [{ Key: 'name' as const, Values: [secrets.prefix] }]
  const found: string[] = []
  let NextToken: string | undefined
  do {
    const page = await secrets.client.send(new ListSecretsCommand({ Filters, NextToken }))
    found.push(
      ...(page.SecretList ?? []).map(({ Name = '' }) => Name.slice(secrets.prefix.length + 1)),
    )
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return found.toSorted()
}

/** So large that three do not fit into one secret. */
const large = (letter: string): SecretData => ({ token: letter.repeat(30_000) })
const LARGE = { a: large('a'), b: large('b'), c: large('c') }

const writeLarge = () =>
  setsOn(secrets, turns).change('prod', () =>
    Object.fromEntries(
      Object.entries(LARGE).map(([name, data]) => [`flux-system/${name}`, { id: name, data }]),
    ),
  )

describe('the Secrets of a cluster', () => {
  it('are one secret, of which only what differs is written', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await write(name, { token: name })
    expect(await ids()).toEqual([SET])
    const operations = recordOperations(secrets)
    await write('c', { token: 'c' })
    expect(operations).not.toContain('PutSecretValue')
    await write('c', { token: 'other' })
    expect(operations.filter((operation) => operation === 'PutSecretValue')).toHaveLength(1)
    expect(await readAll(['a', 'c', 'f'])).toEqual({
      ...{ a: { token: 'a' }, c: { token: 'other' }, f: undefined },
    })
    expect(await storeOn(secrets).read('prod-eu', 'flux-system', 'a')).toBeUndefined()
  })

  it('are read with one request for all of them', async () => {
    for (const name of ['a', 'b', 'c']) await write(name, { token: name })
    const before = secrets.reads.length
    const store = storeOn(secrets)
    for (const name of ['a', 'b', 'c', 'a']) await store.read('prod', 'flux-system', name)
    expect(secrets.reads.slice(before)).toEqual([SET])
  })

  it.each([
    ['no JSON', 'xoxb-secret-1'],
    ['no form', '{"secrets":{}}'],
    ['parts that are none', '{"v":1,"label":"set-a","parts":[7]}'],
    ['another label', '{"v":1,"label":"AWSCURRENT","parts":[]}'],
    ['bytes', Buffer.from('xoxb-secret-1')],
  ])('are invalid as %s, which a person has to mend', async (_, content) => {
    await secrets.put(SET, content)
    const failure = await storeOn(secrets)
      .read('prod', 'flux-system', 'slack')
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidSecret)
    expect(String(failure)).toContain(`${secrets.prefix}/${SET} in Secrets Manager is not a set`)
    expect(String(failure)).not.toContain('xoxb')
    await expect(write('slack', { token: 'a' })).rejects.toThrow(InvalidSecret)
  })

  it('are left alone when a later version wrote them, and no Secret is invalid for that', async () => {
    await secrets.put(SET, '{"v":2,"secrets":{}}')
    for (const trying of [readAll(['slack']), write('slack', { token: 'a' })]) {
      await expect(trying).rejects.toMatchObject({ name: 'LaterSet' })
    }
  })

  it.each(['7', '{}', '{"data":{"token":7}}', '{"data":["xoxb"]}'])(
    'hold others beside one that is %s, which is invalid alone and can be put again',
    async (entry) => {
      const text = `{"v":1,"secrets":{"flux-system/bad":${entry},"flux-system/good":{"data":{"k":"v"}}}}`
      await secrets.put(SET, text)
      expect(await readAll(['good'])).toEqual({ good: { k: 'v' } })
      await expect(readAll(['bad'])).rejects.toThrow(
        `flux-system/bad of ${secrets.prefix}/${SET} in Secrets Manager is not a JSON object`,
      )
      await write('bad', { token: 'a' })
      expect(await readAll(['bad', 'good'])).toEqual({ bad: { token: 'a' }, good: { k: 'v' } })
    },
  )
})

describe('more than fits into one secret', () => {
  it('is in numbered parts, and read whole', async () => {
    await writeLarge()
    expect(await ids()).toEqual([SET, `${SET}/1`, `${SET}/2`])
    expect(await readAll(['a', 'b', 'c'])).toEqual(LARGE)
    await write('b', large('\u{1F511}'))
    expect(await readAll(['b', 'c'])).toEqual({ b: large('\u{1F511}'), c: LARGE.c })
  })

  it('fits into one again, and into parts again', async () => {
    await writeLarge()
    await write('a', { token: 'small' })
    await write('b', { token: 'small' })
    const before = secrets.reads.length
    expect(await readAll(['a', 'c'])).toEqual({ a: { token: 'small' }, c: LARGE.c })
    expect(new Set(secrets.reads.slice(before))).toEqual(new Set([SET]))
    await writeLarge()
    expect(await readAll(['a', 'b', 'c'])).toEqual(LARGE)
  })

  it('is of one write for a reader, whatever is written while it reads', async () => {
    await writeLarge()
    // After the head was read and before its parts are: all parts are written anew, and the head.
    let isWritten = false
    const between = async ({ input }: { readonly input: object }) => {
      if (!('VersionId' in input) || isWritten) {
        secrets.before('GetSecretValue', between)
        return
      }
      isWritten = true
      await setsOn(secrets, turns).change('prod', (before) => ({
        ...before,
        'flux-system/a': { id: 'x', data: large('x') },
        'flux-system/c': { id: 'z', data: large('z') },
      }))
    }
    secrets.before('GetSecretValue', between)
    expect(await readAll(['a', 'b', 'c'])).toEqual(LARGE)
    expect(isWritten).toBe(true)
    expect(await readAll(['a', 'b', 'c'])).toEqual({ a: large('x'), b: LARGE.b, c: large('z') })
  })

  it('stays readable when writers are killed after any of their parts, again and again', async () => {
    await writeLarge()
    for (const killedAt of [1, 2, 3, 1, 2, 3]) {
      let puts = 0
      const kill = () => {
        puts += 1
        if (puts === killedAt) throw new Error('killed')
        secrets.before('PutSecretValue', kill)
      }
      secrets.before('PutSecretValue', kill)
      await expect(write('a', large(`${killedAt}`))).rejects.toThrow('killed')
      expect(await readAll(['a', 'b', 'c'])).toEqual(LARGE)
    }
    await write('a', large('x'))
    expect(await readAll(['a', 'b', 'c'])).toEqual({ ...LARGE, a: large('x') })
  })

  it('fails softly when a version is gone, and is read anew the next time', async () => {
    await secrets.put(
      SET,
      '{"v":1,"label":"set-a","parts":["00000000-0000-4000-8000-000000000000"]}',
    )
    await secrets.put(`${SET}/1`, 'anything')
    const store = storeOn(secrets)
    const reading = store.read('prod', 'flux-system', 'a')
    await expect(reading).rejects.toThrow(/secrets\/prod\/1 in Secrets Manager has no version/)
    await expect(reading).rejects.not.toBeInstanceOf(InvalidSecret)
    await secrets.put(SET, setText({ 'flux-system/a': { token: 'a' } }))
    expect((await store.read('prod', 'flux-system', 'a'))?.data).toEqual({ token: 'a' })
  })

  it('is refused above four MiB, and what was there stays', async () => {
    await write('small', { token: 'a' })
    const changing = setsOn(secrets, turns).change('prod', () => ({
      'flux-system/huge': { id: 'x', data: { token: 'x'.repeat(4 * 1024 * 1024) } },
    }))
    await expect(changing).rejects.toThrow(
      /^the Secrets of prod would take \d+ bytes together, more than the 4194304 that fit: delete what/,
    )
    expect(await readAll(['small'])).toEqual({ small: { token: 'a' } })
  })
})

describe('writers', () => {
  const onTable = async (): Promise<Turns> => {
    const table = await openTable(STATE_TABLE)
    return { state: new DynamoDbStateStore(table), clock: table.clock }
  }

  it('that write at once lose nothing, by turns in DynamoDB', async () => {
    const shared = await onTable()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(names.map((name) => write(name, { token: name }, writerOn(secrets, shared))))
    expect(await readAll(names)).toEqual(
      Object.fromEntries(names.map((name) => [name, { token: name }])),
    )
  })

  it.each(['GetSecretValue', 'CreateSecret', 'PutSecretValue'])(
    'do not get between one another, though one begins before the %s of another',
    async (operation) => {
      await secrets.put(SET, setText({}))
      if (operation === 'CreateSecret') secrets = openSecrets()
      const others: Promise<void>[] = []
      secrets.before(operation, () => {
        others.push(write('b', { token: 'b' }), write('c', { token: 'c' }))
      })
      await write('a', { token: 'a' })
      await Promise.all(others)
      expect(others).toHaveLength(2)
      expect(await readAll(['a', 'b', 'c'])).toEqual({
        ...{ a: { token: 'a' }, b: { token: 'b' }, c: { token: 'c' } },
      })
    },
  )

  it('that are killed with the lock leave what was there, and lock out nobody for ever', async () => {
    const shared = await onTable()
    await write('a', { token: 'a' }, writerOn(secrets, shared))
    // As a process that ends between the lock and the write leaves it.
    expect(
      await shared.state.write(lockKey('prod'), {}, 'absent', shared.clock.now() + LOCK_MS),
    ).toBe(true)
    expect(await readAll(['a'])).toEqual({ a: { token: 'a' } })
    const waits: number[] = []
    const wait = async (ms: number) => {
      waits.push(ms)
      shared.clock.advance(ms)
    }
    await write('b', { token: 'b' }, writerOn(secrets, { ...shared, wait }))
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(LOCK_MS + 1_000)
    expect(await readAll(['a', 'b'])).toEqual({ a: { token: 'a' }, b: { token: 'b' } })
    await write('c', { token: 'c' }, writerOn(secrets, shared))
  })

  it('that wait for too long say so', async () => {
    const { clock } = turns
    const state = { write: async () => false }
    const wait = async (ms: number) => clock.advance(ms)
    await expect(
      write('a', { token: 'a' }, writerOn(secrets, { state, clock, wait })),
    ).rejects.toThrow('others are writing the Secrets of prod: try again in a minute')
  })

  it('that were held up for too long write nothing any more, and give back no lock of another', async () => {
    const writing = setsOn(secrets, turns).change('prod', (before) => {
      turns.clock.advance(LOCK_MS)
      return { ...before, 'flux-system/a': { id: 'a', data: {} } }
    })
    await expect(writing).rejects.toMatchObject({ name: 'SecretsLocked' })
    expect(await ids()).toEqual([])
    const { state, clock } = turns
    const late = setsOn(secrets, turns).change('prod', (before) => {
      turns.clock.advance(LOCK_MS)
      void state.write(lockKey('prod'), {}, 'absent', clock.now() + LOCK_MS)
      return before
    })
    await late
    expect(await state.write(lockKey('prod'), {}, 'absent', clock.now() + LOCK_MS)).toBe(false)
  })

  it.each(['GetSecretValue', 'PutSecretValue'])(
    'that are denied %s say so, and give the lock back',
    async (operation) => {
      await secrets.put(SET, setText({ 'flux-system/a': { token: 'a' } }))
      const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
      secrets.before(operation, () => {
        throw denied
      })
      await expect(write('a', { token: 'b' })).rejects.toBe(denied)
      await write('a', { token: 'c' })
      expect(await readAll(['a'])).toEqual({ a: { token: 'c' } })
    },
  )
})

describe('a Secret of before', () => {
  const state = async () => {
    const SecretId = `${secrets.prefix}/${OLD}`
    const { DeletedDate } = await secrets.client.send(new DescribeSecretCommand({ SecretId }))
    return DeletedDate === undefined ? 'kept' : 'deleted'
  }

  it('is read under its own id until it is written, also beside a set', async () => {
    await secrets.put(OLD, '{"token":"old"}')
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'old' } })
    await write('other', { token: 'x' })
    expect(await readAll(['slack', 'other'])).toEqual({
      ...{ slack: { token: 'old' }, other: { token: 'x' } },
    })
    expect(await state()).toBe('kept')
    await write('slack', { token: 'new' })
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'new' } })
    expect(await state()).toBe('deleted')
  })

  it('moves into the set though its data is the same, and though it could not be deleted before', async () => {
    await secrets.put(OLD, '{"token":"a"}')
    secrets.before('DeleteSecret', () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' })
    })
    const left: string[] = []
    await write('slack', { token: 'a' }, writerOn(secrets, turns, left))
    expect(left).toEqual([`${secrets.prefix}/${OLD}`])
    expect(await state()).toBe('kept')
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'a' } })
    await write('slack', { token: 'a' }, writerOn(secrets, turns, left))
    expect(await state()).toBe('deleted')
    expect(left).toHaveLength(1)
  })

  it('stays where it is while a shipper that knows no sets keeps it', async () => {
    const copies = new SecretValues(secrets.client, [MADE_BY_SHIPPER])
    await copies.store(`${secrets.prefix}/${OLD}`, '{"token":"copied"}')
    await write('slack', { token: 'put' })
    expect(await ids()).toEqual([OLD])
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'put' } })
    const SecretId = `${secrets.prefix}/${OLD}`
    await secrets.client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
    await write('slack', { token: 'put' })
    expect(await ids()).toEqual([SET])
  })

  it('that a shipper could not delete when it moved is no longer written', async () => {
    const copies = new SecretValues(secrets.client, [MADE_BY_SHIPPER])
    await copies.store(`${secrets.prefix}/${OLD}`, '{"token":"copied"}')
    await secrets.put(SET, setText({ 'flux-system/slack': { token: 'moved' } }))
    await write('slack', { token: 'put' })
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'put' } })
    expect(await state()).toBe('deleted')
  })

  it('is written also by who may not ask whose it is', async () => {
    secrets.before('DescribeSecret', () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' })
    })
    await write('slack', { token: 'a' })
    expect(await readAll(['slack'])).toEqual({ slack: { token: 'a' } })
  })
})

describe('what a function remembers of a set', () => {
  const MINUTE_MS = 60_000
  const remembering = () => {
    const clock = new ManualClock()
    const store = storeOn(secrets, clock)
    const read = async (name = 'slack', options = {}) =>
      (await store.read('prod', 'flux-system', name, options))?.data.token
    return { clock, read }
  }

  it('is five minutes old at most, and read again at once where an old value was refused', async () => {
    const { clock, read } = remembering()
    await write('slack', { token: 'a' })
    expect(await read()).toBe('a')
    await write('slack', { token: 'b' })
    clock.advance(5 * MINUTE_MS - 1)
    expect(await read()).toBe('a')
    expect(await read('slack', { fresh: true })).toBe('b')
    await write('slack', { token: 'c' })
    clock.advance(5 * MINUTE_MS)
    expect(await read()).toBe('c')
  })

  it('lacks a Secret for 30 seconds at most, whether there is a set or not', async () => {
    const { clock, read } = remembering()
    expect(await read()).toBeUndefined()
    await write('other', { token: 'x' })
    clock.advance(30_000)
    expect(await read('other')).toBe('x')
    expect(await read()).toBeUndefined()
    await write('slack', { token: 'a' })
    clock.advance(29_999)
    expect(await read()).toBeUndefined()
    clock.advance(1)
    expect(await read()).toBe('a')
  })

  it('follows a Secret into the set within 30 seconds', async () => {
    const { clock, read } = remembering()
    await secrets.put(OLD, '{"token":"old"}')
    expect(await read()).toBe('old')
    await write('slack', { token: 'new' })
    clock.advance(30_000)
    expect(await read()).toBe('new')
  })
})
