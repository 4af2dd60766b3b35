import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { identitiesId } from '../../adapters/aws/secret-ids.ts'
import { createIdentities } from '../../functions/dispatch/identities.ts'
import { givenEndpoint } from '../support/aws-endpoints.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { putSecret } from '../support/aws-secrets.ts'
import { BINDINGS, GOOGLE_AUDIENCE } from '../support/cloud-bindings.ts'
import { intercept } from '../support/intercept.ts'
import { type StsDouble, startSts } from '../support/sts.ts'

const { open } = awsRelay()
let sts: StsDouble

beforeEach(async () => {
  sts = await startSts()
  const { endpoint = '', region = '', credentials } = sts.options
  vi.stubEnv('AWS_ENDPOINT_URL_STS', endpoint)
  // Services that are given are found by what the environment has.
  if (givenEndpoint) return
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials?.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials?.secretAccessKey)
})

afterEach(() => void vi.unstubAllEnvs())

async function openIdentities(cloudIdentities: boolean) {
  const { clients, environment, ports, secretIds } = await open()
  const id = identitiesId(environment.secretPrefix, 'prod')
  secretIds.add(id)
  await putSecret(clients.secretsManager, id, JSON.stringify(BINDINGS))
  const asked: string[] = []
  onTestFinished(
    intercept(clients.secretsManager, ({ operation }, pass) => {
      asked.push(operation)
      return pass()
    }),
  )
  const settings = { ...environment, cloudIdentities }
  return { asked, identities: createIdentities(settings, clients, ports.clock) }
}

describe('the identities of dispatch', () => {
  it('are read from the deployment, and proved by STS', async () => {
    const { asked, identities } = await openIdentities(true)
    expect(await identities.bindings('prod')).toEqual(BINDINGS)
    expect(await identities.bindings('staging')).toBeUndefined()
    expect(await identities.token(GOOGLE_AUDIENCE)).toMatchObject({ kind: 'token' })
    expect(sts.requests).toMatchObject([{ 'Audience.member.1': GOOGLE_AUDIENCE }])
    expect(asked).toEqual(['GetSecretValue', 'GetSecretValue'])
  })

  it('have the credentials of the role that the function runs with', async () => {
    const { identities } = await openIdentities(true)
    vi.stubEnv('AWS_SESSION_TOKEN', 'of-the-role')
    expect(await identities.awsCredentials()).toEqual({
      accessKeyId: process.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
      sessionToken: 'of-the-role',
    })
  })

  it('are none, and nothing is asked of AWS, without the setting', async () => {
    const { asked, identities } = await openIdentities(false)
    expect(await identities.bindings('prod')).toBeUndefined()
    await expect(identities.token(GOOGLE_AUDIENCE)).rejects.toThrow('no identity')
    expect([asked, sts.requests]).toEqual([[], []])
  })
})
