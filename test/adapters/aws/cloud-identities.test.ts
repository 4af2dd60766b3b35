import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createStsClient } from '../../../adapters/aws/clients.ts'
import { AwsCloudIdentities } from '../../../adapters/aws/cloud-identities.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { withoutSdkWaits } from '../../support/aws-faults.ts'
import { AZURE, BINDINGS, GOOGLE_AUDIENCE } from '../../support/cloud-bindings.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'
import { type StsDouble, startSts } from '../../support/sts.ts'

const { openSecrets } = secretsManager()
let secrets: OpenSecrets
let sts: StsDouble
let clock: ManualClock
let identities: AwsCloudIdentities

beforeEach(async () => {
  secrets = openSecrets()
  sts = await startSts()
  clock = new ManualClock()
  const client = createStsClient(sts.options)
  onTestFinished(() => client.destroy())
  identities = new AwsCloudIdentities({ ...secrets, clock, sts: client })
})

const bind = (value: unknown, cluster = 'prod') =>
  secrets.put(`identities/${cluster}`, JSON.stringify(value))

describe('the bindings of a cluster', () => {
  it('are read from its own secret, and remembered for five minutes', async () => {
    await bind(BINDINGS)
    await bind({ azure: AZURE }, 'staging')
    expect(await identities.bindings('prod')).toEqual(BINDINGS)
    expect(await identities.bindings('staging')).toEqual({ azure: AZURE })
    await bind({ azure: AZURE })
    clock.advance(299_999)
    expect(await identities.bindings('prod')).toEqual(BINDINGS)
    clock.advance(1)
    expect(await identities.bindings('prod')).toEqual({ azure: AZURE })
    expect(secrets.reads).toEqual(['identities/prod', 'identities/staging', 'identities/prod'])
  })

  it('are read past what is remembered when asked to', async () => {
    await bind(BINDINGS)
    await identities.bindings('prod')
    await bind({ azure: AZURE })
    expect(await identities.bindings('prod', { fresh: true })).toEqual({ azure: AZURE })
  })

  it('are none for a cluster without a secret, or whose name is none', async () => {
    await bind(BINDINGS)
    expect(await identities.bindings('other')).toBeUndefined()
    for (const name of ['', 'a/prod', '../identities/prod', 'Prod']) {
      expect(await identities.bindings(name)).toBeUndefined()
    }
    expect(secrets.reads).toEqual(['identities/other'])
  })

  it.each([
    ['no JSON', 'x', / binds no identity: /],
    ['nothing', {}, /expected google, azure or aws, or several of them/],
    ['another key', { ...BINDINGS, aws: {} }, /aws/],
    ['no audience', { google: {} }, /google\.audience: is missing/],
    [
      'an audience elsewhere',
      { google: { audience: GOOGLE_AUDIENCE.replace('googleapis', 'evil') } },
      /google\.audience: expected \/\/iam\.googleapis\.com/,
    ],
    [
      'a URL for an audience',
      { google: { audience: `https:${GOOGLE_AUDIENCE}` } },
      /google\.audience: expected \/\/iam\.googleapis\.com/,
    ],
    [
      'more than an audience',
      { google: { audience: `${GOOGLE_AUDIENCE}/x` } },
      /google\.audience: expected \/\/iam\.googleapis\.com/,
    ],
    [
      'a URL in the account',
      { google: { audience: GOOGLE_AUDIENCE, serviceAccount: 'a/b?c@x.gserviceaccount.com' } },
      /google\.serviceAccount: expected the e-mail address/,
    ],
    [
      'a token URL',
      { google: { audience: GOOGLE_AUDIENCE, tokenUrl: 'https://evil.test' } },
      /google: .*tokenUrl/,
    ],
    [
      'a path in the tenant',
      { azure: { ...AZURE, tenantID: 'a/../b' } },
      /azure\.tenantID: expect/,
    ],
    ['no client', { azure: { tenantID: AZURE.tenantID } }, /azure\.clientID: expected .* GUID/],
  ])('are refused with %s', async (_, value, message) => {
    await bind(value)
    const read = identities.bindings('prod')
    await expect(read).rejects.toThrow(InvalidSecret)
    await expect(read).rejects.toThrow(message)
  })

  it('reject when Secrets Manager fails', async () => {
    secrets.failReads(new Error('throttled'))
    await expect(identities.bindings('prod')).rejects.toThrow('throttled')
  })
})

describe('a proof', () => {
  it('is for one audience, signed by RS256, and valid for five minutes', async () => {
    const encoded = Buffer.from(GOOGLE_AUDIENCE).toString('base64url')
    expect(await identities.token(GOOGLE_AUDIENCE)).toEqual({
      kind: 'token',
      token: `jwt-1.for.${encoded}`,
    })
    expect(sts.requests).toEqual([
      {
        'Audience.member.1': GOOGLE_AUDIENCE,
        SigningAlgorithm: 'RS256',
        DurationSeconds: '300',
      },
    ])
  })

  it.each([
    ['AccessDenied', 403, /allow sts:GetWebIdentityToken/],
    ['OutboundWebIdentityFederationDisabledException', 403, /enable-outbound-web-identity/],
    ['RegionDisabledException', 403, /activate it/],
    ['ValidationError', 400, /check what the cluster is bound to/],
  ])('is refused by %s, which a person can mend', async (code, status, advice) => {
    sts.failWith({ code, status })
    const proof = await identities.token('api://AzureADTokenExchange')
    expect(proof).toEqual({ kind: 'refused', reason: expect.stringMatching(advice) })
    expect(proof).toMatchObject({ reason: expect.stringContaining(code) })
    expect(JSON.stringify(proof)).not.toContain('111122223333')
    expect(sts.requests).toHaveLength(1)
  })

  it.each([
    ['ExpiredToken', 400],
    ['InvalidClientTokenId', 403],
  ])('fails with the infrastructure for %s', async (code, status) => {
    sts.failWith({ code, status })
    await expect(identities.token('a')).rejects.toThrow()
  })

  it('is asked for again when STS is throttled or down, and then fails', async () => {
    withoutSdkWaits()
    sts.failWith({ code: 'Throttling', status: 400 })
    await expect(identities.token('a')).rejects.toThrow()
    expect(sts.requests).toHaveLength(4)
    sts.failWith(undefined)
    expect(await identities.token('a')).toMatchObject({ kind: 'token' })
  })
})
