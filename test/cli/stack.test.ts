import { describe, expect, it } from 'vitest'
import { stackTargets } from '../support/command-targets.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'

const { open } = stackTargets()

const GET = ['get', 'alerts', '--cluster', 'prod', '--stack'] as const

describe('--stack', () => {
  it('names a stack that is not there, and one that is no relay', async () => {
    const { env, cloudFormation } = await open()
    cloudFormation.stacks.set('website', { ApiUrl: 'x', ConfigTable: 'y', LedgerTable: 'z' })
    const [unknown, other] = await Promise.all([
      fluxRelay([...GET, 'nosuch'], { env }),
      fluxRelay([...GET, 'website'], { env }),
    ])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toBe(
      'flux-relay: AWS: ValidationError: Stack with id nosuch does not exist\n',
    )
    expect(other.stderr).toBe(
      'flux-relay: --stack website: is not the stack of a relay, such as flux-relay-prod: it has no output SecretPrefix, StateTable, EventsQueueUrl, RetriesQueueUrl\n',
    )
    expect(other).toMatchObject({ code: 1, stdout: '' })
  })

  it('says when there are no credentials, and no region', async () => {
    const { env, stack } = await open()
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...anonymous } = env
    const { AWS_REGION: ___, ...nowhere } = env
    const [credentials, region] = await Promise.all([
      fluxRelay([...GET, stack], { env: anonymous }),
      fluxRelay([...GET, stack], { env: nowhere }),
    ])
    expect(credentials.stderr).toMatch(
      /^flux-relay: AWS: CredentialsProviderError: Could not load.*; set AWS_PROFILE, or AWS_ACCESS_KEY_ID/,
    )
    expect(region.stderr).toBe(
      'flux-relay: AWS: Error: Region is missing; set AWS_REGION, or AWS_PROFILE to one with a region\n',
    )
    expect([credentials, region].map(({ code, stdout }) => [code, stdout])).toEqual([
      [1, ''],
      [1, ''],
    ])
  })

  it('says what a store refuses, and ends', async () => {
    const { cloudFormation, env, stack } = await open()
    const outputs = cloudFormation.stacks.get(stack) ?? {}
    cloudFormation.stacks.set('half', { ...outputs, ConfigTable: 'nosuch', LedgerTable: 'nosuch' })
    const results = await Promise.all([
      fluxRelay([...GET, 'half'], { env }),
      fluxRelay(['replay', 'one', '--stack', 'half'], { env }),
    ])
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^flux-relay: AWS: ResourceNotFoundException: /)
    }
  })

  it.concurrent.each([
    ['beside --relay', [...GET, 'x', '--relay', 'http://127.0.0.1:1'], /cannot be used with/],
    ['without --cluster', ['get', 'alerts', '--stack', 'x'], /with --stack give --cluster too/],
    ['without --cluster', ['get', 'deliveries', '--stack', 'x'], /with --stack give --cluster too/],
    ['without --cluster', ['replay', '--dead', '--stack', 'x'], /with --stack give --cluster too/],
  ])('is wrong %s: %j', async (_, args, message) => {
    const { code, stdout, stderr } = await fluxRelay(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
