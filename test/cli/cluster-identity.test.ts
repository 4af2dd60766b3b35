import { describe, expect, it } from 'vitest'
import { AwsCloudIdentities } from '../../adapters/aws/cloud-identities.ts'
import { identitiesId } from '../../adapters/aws/secret-ids.ts'
import { AZURE, BINDINGS, GOOGLE_ACCOUNT, GOOGLE_AUDIENCE } from '../support/cloud-bindings.ts'
import { type StackTarget, stackTargets } from '../support/command-targets.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'

const { open } = stackTargets()

const AT_GOOGLE = ['--google-audience', GOOGLE_AUDIENCE]
const AT_AZURE = ['--azure-tenant-id', AZURE.tenantID, '--azure-client-id', AZURE.clientID]

/** What the relay's functions read. */
function bindingsOf({ relay }: StackTarget, cluster: string) {
  const { clients, environment, ports } = relay
  relay.secretIds.add(identitiesId(environment.secretPrefix, cluster))
  return new AwsCloudIdentities({
    client: clients.secretsManager,
    sts: {
      send: () => Promise.reject(new Error('nothing is proved here')),
      config: { credentials: () => Promise.reject(new Error('nothing is signed here')) },
    },
    prefix: environment.secretPrefix,
    clock: ports.clock,
  }).bindings(cluster)
}

describe('flux-relay cluster identity', () => {
  it('binds a cluster, in the place of what it was bound to', async () => {
    const target = await open()
    const account = ['--google-service-account', GOOGLE_ACCOUNT]
    const first = await target.run([
      'cluster',
      'identity',
      'prod',
      ...AT_GOOGLE,
      ...account,
      ...AT_AZURE,
    ])
    expect(first).toEqual({
      code: 0,
      stderr: '',
      stdout: `prod is bound to google (${GOOGLE_AUDIENCE}, ${GOOGLE_ACCOUNT}) and to azure (${AZURE.tenantID}, ${AZURE.clientID})\n`,
    })
    expect(await bindingsOf(target, 'prod')).toEqual(BINDINGS)

    const second = await target.run(['cluster', 'identity', 'prod', ...AT_GOOGLE])
    expect(second).toMatchObject({
      code: 0,
      stdout: `prod is bound to google (${GOOGLE_AUDIENCE})\n`,
    })
    expect(await bindingsOf(target, 'prod')).toEqual({ google: { audience: GOOGLE_AUDIENCE } })
    expect(await bindingsOf(target, 'other')).toBeUndefined()
  })

  it('binds a cluster to what the role of the relay may send to for it', async () => {
    const target = await open()
    const destinations = [
      'arn:aws:sqs:eu-west-1:111122223333:deployments.fifo',
      'arn:aws:events:eu-west-1:111122223333:event-bus/default',
    ]
    const bound = await target.run([
      'cluster',
      'identity',
      'prod',
      '--aws-destination',
      ...destinations,
    ])
    expect(bound).toMatchObject({
      code: 0,
      stdout: `prod is bound to aws (${destinations.join(', ')})\n`,
    })
    expect(await bindingsOf(target, 'prod')).toEqual({ aws: { destinations } })
  })

  it.each([
    [[], 'give --google-audience, --azure-tenant-id or --aws-destination'],
    [
      ['--aws-destination', 'arn:aws:s3:::bucket'],
      '--aws-destination: expected the ARN of a topic, a queue or an event bus',
    ],
    [
      ['--google-audience', 'https://evil.test'],
      '--google-audience: expected //iam.googleapis.com/',
    ],
    [['--google-service-account', GOOGLE_ACCOUNT], '--google-audience: is missing'],
    [
      [...AT_GOOGLE, '--google-service-account', 'me'],
      '--google-service-account: expected the e-mail address of a service account',
    ],
    [['--azure-tenant-id', AZURE.tenantID], '--azure-client-id: expected the client id'],
    [
      ['--azure-tenant-id', 'a/b', '--azure-client-id', AZURE.clientID],
      '--azure-tenant-id: expected the id of a tenant',
    ],
  ])('refuses %j', async (options, message) => {
    const result = await fluxRelay(['cluster', 'identity', 'prod', '--stack', 'x', ...options])
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
  })

  it('is for a relay on AWS', async () => {
    const result = await fluxRelay(['cluster', 'identity', 'prod', ...AT_GOOGLE])
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('give --stack') })
  })
})
