import { readFileSync, writeFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { identitiesId, partId, secretId, setId } from '../../adapters/aws/secret-ids.ts'
import { tokensInFile } from '../../cli/cluster-tokens.ts'
import { stackClusters } from '../../cli/relay/stack-clusters.ts'
import { loadTokens } from '../../hosts/embedded/tokens.ts'
import { configBody } from '../support/aws-relay.ts'
import { putSecret } from '../support/aws-secrets.ts'
import { type StackTarget, stackTargets } from '../support/command-targets.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { open } = stackTargets()

const MINUTE_MS = 60_000

const OUT_OF_USE = 'prod is out of use; for 7 days flux-relay cluster create prod brings it back\n'

/** Puts the configuration of a cluster as its shipper does. */
async function ship({ relay }: StackTarget, token: string, cluster = 'prod') {
  const headers = { authorization: `Bearer ${token}` }
  const body = configBody(Date.now())
  const request = { method: 'PUT', resource: 'config', cluster, headers, body } as const
  return (await relay.reconcileConfig(httpApiEvent(request))).statusCode
}

/** What the last check counted as silent, an hour after all that happened. */
async function silentClusters({ relay }: StackTarget): Promise<unknown> {
  relay.time.offsetMs += 60 * MINUTE_MS
  relay.metricLines.length = 0
  await relay.check()
  relay.time.offsetMs -= 60 * MINUTE_MS
  return JSON.parse(relay.metricLines[0] ?? '').SilentClusters
}

/** The values of the secrets with these ids; undefined for those that nobody can read. */
function valuesOf({ relay }: StackTarget, ids: readonly string[]) {
  return Promise.all(
    ids.map((SecretId) =>
      relay.clients.secretsManager.send(new GetSecretValueCommand({ SecretId })).then(
        ({ SecretString }) => SecretString,
        () => undefined,
      ),
    ),
  )
}

/** A cluster that ships, with two Secrets and an identity, beside one whose name begins like its. */
async function openWithClusters() {
  const target = await open()
  const { relay } = target
  const prefix = relay.environment.secretPrefix
  for (const cluster of ['prod', 'prod-eu']) {
    await relay.setTokens(cluster, [`${cluster}-token`])
    await relay.setSecret(cluster, 'sink', { address: 'https://example.com' })
    expect(await ship(target, `${cluster}-token`, cluster)).toBe(200)
  }
  await relay.setSecret('prod', 'other', { token: 'x' })
  const put = ['secret', 'put', 'flux-system/more', '--cluster', 'prod', '--from-literal=token=y']
  expect(await target.run(put)).toMatchObject({ code: 0 })
  const identity = identitiesId(prefix, 'prod')
  relay.secretIds.add(identity)
  await putSecret(relay.clients.secretsManager, identity, '{}')
  const idsOf = (cluster: string) => [secretId(prefix, cluster, 'flux-system', 'sink')]
  const part = partId(setId(prefix, 'prod'), 0)
  await putSecret(relay.clients.secretsManager, part, 'a part of a set')
  const ids = [
    ...[...idsOf('prod'), secretId(prefix, 'prod', 'flux-system', 'other'), identity],
    ...[setId(prefix, 'prod'), part],
  ]
  for (const id of ids) relay.secretIds.add(id)
  return { target, ids, idsOfOther: idsOf('prod-eu') }
}

describe('flux-relay cluster delete --stack', () => {
  it('takes all of a cluster out of use, after which it is not silent', async () => {
    const { target, ids, idsOfOther } = await openWithClusters()
    expect(await silentClusters(target)).toBe(2)
    const result = await target.run(['cluster', 'delete', 'prod', '--yes'])
    expect(result).toEqual({ code: 0, stdout: OUT_OF_USE, stderr: '' })
    const { ports } = target.relay
    expect(await ports.configs.read('prod')).toBeUndefined()
    expect(await ports.tokens.read('prod', { fresh: true })).toBeUndefined()
    expect(await valuesOf(target, ids)).toEqual(ids.map(() => undefined))
    expect(await silentClusters(target)).toBe(1)
    // The other one keeps all.
    expect(await ports.configs.read('prod-eu')).toBeDefined()
    expect(await valuesOf(target, idsOfOther)).toEqual([expect.stringContaining('example.com')])
    expect(await ship(target, 'prod-eu-token', 'prod-eu')).toBe(200)
  })

  it('stays out of use when its shipper sends the configuration again at once', async () => {
    const { target } = await openWithClusters()
    await target.run(['cluster', 'delete', 'prod', '--yes'])
    expect(await ship(target, 'prod-token')).toBe(401)
    expect(await target.relay.ports.configs.read('prod')).toBeUndefined()
    expect(await silentClusters(target)).toBe(1)
  })

  it('stays out of use when its shipper sends the configuration meanwhile', async () => {
    const { target } = await openWithClusters()
    let shipped: unknown
    const end = intercept(target.relay.clients.secretsManager, async ({ operation }, pass) => {
      if (operation === 'DeleteSecret') shipped ??= await ship(target, 'prod-token')
      return pass()
    })
    onTestFinished(end)
    const { clients, environment, ports } = target.relay
    const { configTable: ConfigTable, secretPrefix: SecretPrefix } = environment
    const clusters = stackClusters(clients, { ConfigTable, SecretPrefix }, ports.tokens)
    expect(await clusters.retireCluster('prod', 7)).toBe(true)
    expect(shipped).toBe(200)
    expect(await target.relay.ports.configs.read('prod')).toBeUndefined()
  })

  it('is taken back by cluster create, with the token of before and a new one', async () => {
    const { target, ids } = await openWithClusters()
    const { ports } = target.relay
    const before = await valuesOf(target, ids)
    await target.run(['cluster', 'delete', 'prod', '--yes'])
    const created = await target.run(['cluster', 'create', 'prod'])
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^frt_\S+\n$/) })
    expect(created.stderr).toContain('prod is back as it was')
    expect(await valuesOf(target, ids)).toEqual(before)
    expect(await ports.configs.read('prod')).toMatchObject({ cluster: 'prod' })
    expect(await ports.signingKeys.read('prod', { fresh: true })).toEqual([
      created.stdout.trim(),
      'prod-token',
    ])
    expect(await ship(target, created.stdout.trim())).toBe(200)
    expect(await silentClusters(target)).toBe(2)
    expect(await target.run(['cluster', 'create', 'prod'])).toMatchObject({ code: 1 })
  })

  it('takes back a cluster that has no keys of signatures, too', async () => {
    const target = await open()
    const token = (await target.run(['cluster', 'create', 'prod'])).stdout.trim()
    await target.relay.setSecret('prod', 'sink', { address: 'https://example.com' })
    expect(await ship(target, token)).toBe(200)
    expect(await target.run(['cluster', 'delete', 'prod', '--yes'])).toMatchObject({ code: 0 })
    expect(await target.run(['cluster', 'rotate', 'prod'])).toMatchObject({ code: 1 })
    expect(await target.relay.ports.tokens.read('prod', { fresh: true })).toBeUndefined()
    const second = (await target.run(['cluster', 'create', 'prod'])).stdout.trim()
    expect([await ship(target, token), await ship(target, second)]).toEqual([200, 200])
    expect(await silentClusters(target)).toBe(1)
  })

  it('takes a cluster out of use that was only ever applied, and that is never silent', async () => {
    const target = await open()
    const file = join(temporaryDirectory(), 'set.yaml')
    writeFileSync(
      file,
      'apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: a, namespace: b}\nspec: {type: generic, address: "https://example.com"}\n',
    )
    expect(await target.run(['apply', '-f', file, '--cluster', 'prod'])).toMatchObject({ code: 0 })
    expect(await silentClusters(target)).toBe(0)
    expect(await target.run(['cluster', 'delete', 'prod', '--yes'])).toMatchObject({ code: 0 })
    expect(await target.relay.ports.configs.read('prod')).toBeUndefined()
    expect(await target.run(['apply', '-f', file, '--cluster', 'prod'])).toMatchObject({ code: 0 })
    expect(await target.relay.ports.configs.read('prod')).toBeDefined()
  })

  it('keeps a cluster that ships one, also when somebody applies a set', async () => {
    const target = await open()
    await target.relay.setTokens('prod', ['token'])
    expect(await ship(target, 'token')).toBe(200)
    await target.relay.ports.configs.replace({
      ...{ cluster: 'prod', revision: 'applied', manifests: [], objects: [] },
      takenAt: Date.now() + MINUTE_MS,
    })
    expect(await silentClusters(target)).toBe(1)
  })

  it('says that there is no such cluster', async () => {
    const target = await open()
    expect(await target.run(['cluster', 'delete', 'prod', '--yes'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'flux-relay: there is no cluster prod; flux-relay cluster create prod admits it\n',
    })
  })
})

describe('flux-relay cluster delete --tokens', () => {
  const newFile = (retired = '') => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    writeFileSync(
      file,
      `# Ours.\noperators: [op]\nclusters:\n  prod: [prod-token-2, prod-token-1]\n  dev: d\n${retired}`,
    )
    return file
  }
  const cluster = (file: string, ...args: readonly string[]) =>
    fluxRelay(['cluster', ...args, '--tokens', file])

  it('keeps the tokens for seven days, in which nobody gets in with them', async () => {
    const file = newFile()
    const deleted = await cluster(file, 'delete', 'prod', '--yes')
    expect(deleted).toEqual({ code: 0, stdout: OUT_OF_USE, stderr: '' })
    expect((await loadTokens(file)).clusters).toEqual(new Map([['dev', ['d']]]))
    expect(readFileSync(file, 'utf8')).toMatch(/^# Ours\./)
    const created = await cluster(file, 'create', 'prod')
    const tokens = (await loadTokens(file)).clusters.get('prod')
    expect(tokens).toEqual([created.stdout.trim(), 'prod-token-2'])
    expect(readFileSync(file, 'utf8')).not.toContain('prod-token-1')
  })

  it('brings nothing back after that', async () => {
    const at = new Date(Date.now() - 7 * 24 * 60 * MINUTE_MS).toISOString()
    const file = newFile(`retired:\n  old: { at: ${at}, tokens: [old-token] }\n`)
    const created = await cluster(file, 'create', 'old')
    expect(created.stderr).toBe('')
    expect((await loadTokens(file)).clusters.get('old')).toEqual([created.stdout.trim()])
    expect(readFileSync(file, 'utf8')).not.toContain('old-token')
  })

  it('gives no token for a cluster that is deleted again while it comes back', async () => {
    const file = newFile()
    await cluster(file, 'delete', 'prod', '--yes')
    const { rename } = promises
    let isFirst = true
    promises.rename = async (...paths) => {
      await rename(...paths)
      if (!isFirst) return
      isFirst = false
      await tokensInFile(file).retire('prod')
    }
    syncBuiltinESMExports()
    try {
      const created = await cluster(file, 'create', 'prod')
      const stderr = expect.stringContaining('there is no cluster prod')
      expect(created).toEqual({ code: 1, stdout: '', stderr })
    } finally {
      promises.rename = rename
      syncBuiltinESMExports()
    }
  })

  it('says that there is no such cluster', async () => {
    const unknown = await cluster(newFile(), 'delete', 'nope', '--yes')
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('no cluster nope') })
  })

  it.each([
    ['y\n', 0],
    ['n\n', 1],
    ['', 1],
  ])('asks, and takes %j', async (input, code) => {
    const file = newFile()
    const args = ['cluster', 'delete', 'prod', '--tokens', file]
    const result = await fluxRelayProcess(args, { input })
    expect(result.code).toBe(code)
    expect(result.stderr).toContain('Take the cluster prod out of use')
    expect((await loadTokens(file)).clusters.has('prod')).toBe(code === 1)
  })
})
