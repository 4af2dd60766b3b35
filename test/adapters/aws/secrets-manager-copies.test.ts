import { DeleteSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { SecretsManagerCopies } from '../../../adapters/aws/secrets-manager-copies.ts'
import { copyOf } from '../../support/secret-sync.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const SLACK = { namespace: 'flux-system', name: 'slack' }
const NAME = 'secrets/prod/flux-system/slack'
const CANARY = 'hunter2'

const { openSecrets } = secretsManager()
let secrets: OpenSecrets
let copies: SecretsManagerCopies

beforeEach(() => {
  secrets = openSecrets()
  copies = new SecretsManagerCopies({ ...secrets, cluster: 'prod' })
})

const idOf = (name: string) => `${secrets.prefix}/${name}`

const described = () => secrets.client.send(new DescribeSecretCommand({ SecretId: idOf(NAME) }))

describe('write', () => {
  it('makes a copy that says whose it is, and then gives it other values', async () => {
    expect(await copies.write(SLACK, { token: 'a' })).toMatchObject({ how: 'created' })
    expect(await copies.write(SLACK, { token: 'b' })).toMatchObject({ how: 'updated' })
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
    const { Tags = [] } = await described()
    expect(Tags).toHaveLength(2)
    expect(Tags).toEqual(
      expect.arrayContaining([
        { Key: 'app', Value: 'flux-relay' },
        { Key: 'flux-relay:managed-by', Value: 'shipper' },
      ]),
    )
  })

  it('takes back the deletion of one that is needed again', async () => {
    await copies.write(SLACK, { token: 'a' })
    await copies.remove(SLACK)
    expect(await copies.write(SLACK, { token: 'b' })).toMatchObject({ how: 'restored' })
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })

  it.each([
    ['AccessDeniedException', 'may not', 'AccessDeniedException: may not'],
    ['ValidationException', `the value ${CANARY} is wrong`, 'ValidationException, HTTP 400'],
    ['Error', `Unexpected token in "${CANARY}"`, 'Error, HTTP 400'],
  ])('explains %s without what could be in it', async (name, message, explained) => {
    secrets.before('PutSecretValue', () => {
      throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } })
    })
    const failure = await copies.write(SLACK, { token: CANARY }).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      name: 'SecretCopyError',
      message: `${idOf(NAME)} in Secrets Manager: ${explained}`,
    })
  })
})

describe('isCurrent', () => {
  it('knows a copy that nobody touched from one that somebody changed or deleted', async () => {
    const first = await copies.write(SLACK, { token: 'a' })
    expect(await copies.isCurrent(SLACK, first.versionId)).toBe(true)
    await secrets.put(NAME, '{"token":"theirs"}')
    expect(await copies.isCurrent(SLACK, first.versionId)).toBe(false)
    const second = await copies.write(SLACK, { token: 'a' })
    await copies.remove(SLACK)
    expect(await copies.isCurrent(SLACK, second.versionId)).toBe(false)
  })

  it('knows that there is none', async () => {
    expect(await copies.isCurrent(SLACK, 'any')).toBe(false)
  })
})

describe('remove', () => {
  it('leaves seven days in which a person can take it back', async () => {
    const windows: unknown[] = []
    secrets.before('DeleteSecret', ({ input }) => void windows.push(input))
    await copies.write(SLACK, { token: 'a' })
    expect(await copies.remove(SLACK)).toBe('deleted')
    expect(windows).toEqual([{ SecretId: idOf(NAME), RecoveryWindowInDays: 7 }])
    expect((await described()).DeletedDate).toBeDefined()
    expect(await copies.remove(SLACK)).toBe('absent')
  })

  it('knows that there is none, or none any more', async () => {
    expect(await copies.remove(SLACK)).toBe('absent')
    await copies.write(SLACK, { token: 'a' })
    secrets.before('DeleteSecret', async () => {
      const SecretId = idOf(NAME)
      await secrets.client.send(
        new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }),
      )
    })
    expect(await copies.remove(SLACK)).toBe('absent')
  })

  it('touches none that a person made', async () => {
    await secrets.put(NAME, '{"token":"a"}')
    await copies.write(SLACK, { token: 'b' })
    expect(await copies.remove(SLACK)).toBe('foreign')
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })
})
