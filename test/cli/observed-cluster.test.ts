import { readFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { GetItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { POINTER, TOKENS } from '../../adapters/aws/config-chunks.ts'
import { stackClusters } from '../../cli/relay/stack-clusters.ts'
import { loadTokens } from '../../hosts/embedded/tokens.ts'
import { configBody } from '../support/aws-relay.ts'
import { type StackTarget, stackTargets } from '../support/command-targets.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const OBSERVED =
  'prod is observed: all is decided and recorded, and nothing is sent; flux-relay cluster go-live prod ends that\n'
const LIVE = 'prod is live: what its events lead to from now on is sent\n'
const REFUSED = 'the cluster prod is observed, so nothing is sent for it'

/** The same failure each time, as a controller reports it again. */
function failure(second: number): object {
  return {
    ...kustomizationEvent('podinfo', '3f2c9a1', 'health check failed'),
    severity: 'error',
    timestamp: new Date(Date.now() + second * 1_000).toISOString(),
  }
}

describe('an observed cluster of a relay on this machine', () => {
  it('is created, watched and taken live while the relay runs', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const cluster = (...args: readonly string[]) =>
      fluxRelay(['cluster', ...args, '--tokens', file])
    const created = await cluster('create', 'prod', '--observe')
    expect(created.code).toBe(0)
    const manifests = manifestsFolder({
      'alert.yaml': alertYaml('all'),
      'provider.yaml': providerYaml('slack', { type: 'generic', address: `${sink.url}/hook` }),
    })
    const relay = await startRelay({ manifests, flags: ['--cluster', 'prod', '--tokens', file] })
    const [operator] = (await loadTokens(file)).operators
    const ask = (...args: readonly string[]) =>
      fluxRelay([...args, '--relay', relay.url], { token: operator?.tokens[0] ?? '' })
    const post = (second: number) =>
      relay.fetch('/v1/clusters/prod/events', {
        method: 'POST',
        headers: { Authorization: `Bearer ${created.stdout.trim()}` },
        body: JSON.stringify(failure(second)),
      })

    await post(0)
    const [line] = await relay.logged({ msg: 'observed' })
    expect(line).toMatchObject({ outcome: 'observed', provider: 'flux-system/slack' })
    expect((await ask('get', 'clusters')).stdout).toMatch(/^prod +observed /m)
    const deliveries = await ask('get', 'deliveries', '--cluster', 'prod', '-o', 'wide')
    expect(deliveries.stdout).toContain('observed: would have been sent to')
    const only = ['get', 'deliveries', '--cluster', 'prod', '--outcome', 'observed', '-o', 'json']
    expect(JSON.parse((await ask(...only)).stdout)).toMatchObject([{ outcome: 'observed' }])
    const id = String(line?.delivery)
    const described = await ask('describe', 'delivery', id)
    expect(described.stdout).toMatch(/^Why: +observed: would have been sent to http/m)
    const event = String(line?.event)
    const explained = await ask('explain', '--event', event, '--cluster', 'prod')
    expect(explained.stdout).toContain(`POST ${sink.url}/`)
    expect(await relay.metric('flux_relay_deliveries_total{outcome="observed"')).toBe(1)
    const other = manifestsFolder({
      'alert.yaml': alertYaml('all').replace(/name: all/, 'name: new'),
    })
    const diff = ['diff', '-f', other, '--cluster', 'prod', '--since', '1h', '-o', 'json']
    expect(JSON.parse((await ask(...diff)).stdout)).toMatchObject({
      events: { routes: [expect.objectContaining({ alert: 'flux-system/all', gone: 1 }), {}] },
    })
    const refused = await ask('replay', id)
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining(REFUSED)])
    expect(sink.requests).toEqual([])

    expect(await cluster('go-live', 'prod')).toEqual({ code: 0, stdout: LIVE, stderr: '' })
    await post(1)
    await relay.logged({ msg: 'delivered' })
    expect((await ask('replay', id)).code).toBe(0)
    await relay.logged({ msg: 'delivered' }, 2)
    expect(sink.requests).toHaveLength(2)
    expect((await ask('get', 'clusters')).stdout).toMatch(/^prod +live /m)
  })

  it('stays observed when its token is rotated, and when it is deleted and comes back', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const cluster = (...args: readonly string[]) =>
      fluxRelay(['cluster', ...args, '--tokens', file])
    const isObserved = async () => (await loadTokens(file)).observed?.has('prod') === true
    await cluster('create', 'prod')
    expect(await isObserved()).toBe(false)
    expect(await cluster('observe', 'prod')).toEqual({ code: 0, stdout: OBSERVED, stderr: '' })
    const { stdout: second } = await cluster('rotate', 'prod')
    await cluster('delete', 'prod', '--yes')
    expect(await isObserved()).toBe(false)
    await cluster('create', 'prod')
    expect(await isObserved()).toBe(true)
    expect((await loadTokens(file)).clusters.get('prod')).toContain(second.trim())
    await cluster('go-live', 'prod')
    expect(readFileSync(file, 'utf8')).not.toContain('observe')
    expect(await cluster('go-live', 'staging')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no cluster staging'),
    })
  })

  it('is live at no moment when it comes back as an observed one', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const cluster = (...args: readonly string[]) =>
      fluxRelay(['cluster', ...args, '--tokens', file])
    await cluster('create', 'prod')
    await cluster('delete', 'prod', '--yes')
    const live: boolean[] = []
    const { rename } = promises
    promises.rename = async (...paths) => {
      await rename(...paths)
      const { clusters, observed } = await loadTokens(file)
      live.push(clusters.has('prod') && observed?.has('prod') !== true)
    }
    syncBuiltinESMExports()
    try {
      const stderr = 'prod is back as an observed cluster; its newest token counts again too\n'
      expect(await cluster('create', 'prod', '--observe')).toMatchObject({ code: 0, stderr })
    } finally {
      promises.rename = rename
      syncBuiltinESMExports()
    }
    expect(new Set(live)).toEqual(new Set([false]))
  })
})

describe('an observed cluster on AWS', () => {
  const { open } = stackTargets()

  /** Sends one event with the cluster's token, and dispatches what is queued. */
  async function happen({ relay }: StackTarget, token: string, second: number): Promise<void> {
    const headers = { authorization: `Bearer ${token}` }
    const body = JSON.stringify(failure(second))
    const request = { method: 'POST', resource: 'events', cluster: 'prod' } as const
    await relay.ingest(httpApiEvent({ ...request, headers, body }))
    await pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
  }

  it('is observed from the start when its configuration was there before it', async () => {
    const { run, ports } = await open()
    const set = { cluster: 'prod', revision: 'a', takenAt: 1, manifests: [], objects: [] }
    await ports.configs.replace(set)
    expect((await run(['cluster', 'create', 'prod', '--observe'])).code).toBe(0)
    expect((await run(['get', 'clusters'])).stdout).toMatch(/^prod +observed /m)
  })

  it('is live at no moment when it comes back as an observed one', async () => {
    const { relay, run } = await open()
    const { clients, environment, ports } = relay
    const set = { cluster: 'prod', revision: 'a', takenAt: 1, manifests: [], objects: [] }
    await run(['cluster', 'create', 'prod'])
    await ports.configs.replace(set)
    await run(['cluster', 'delete', 'prod', '--yes'])
    const { configTable: ConfigTable, secretPrefix: SecretPrefix } = environment
    const clusters = stackClusters(clients, { ConfigTable, SecretPrefix }, ports.tokens)
    const states: unknown[] = []
    const end = intercept(clients.dynamoDb, async ({ operation, input }, pass) => {
      const output = await pass()
      if (operation !== 'UpdateItem') return output
      const { TableName, Key } = input as UpdateItemCommandInput
      const { Item: item } = await clients.dynamoDb.send(new GetItemCommand({ TableName, Key }))
      if (item?.part?.S === POINTER || item?.part?.S === TOKENS) states.push(item.observed?.BOOL)
      return output
    })
    onTestFinished(end)
    await clusters.restoreCluster('prod', true)
    expect(states).toEqual([true, true])
    expect(await ports.configs.read('prod')).toBeDefined()
    expect(await ports.tokens.read('prod', { fresh: true })).toBeDefined()
  })

  it('sends nothing until it goes live, whose next event is sent', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const target = await open()
    const { relay, run } = target
    await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
    const token = (await run(['cluster', 'create', 'prod', '--observe'])).stdout.trim()
    expect((await run(['get', 'clusters'])).stdout).toMatch(/^prod +observed/m)
    const put = (takenAt: number) =>
      relay.reconcileConfig(
        httpApiEvent({
          ...{ method: 'PUT', resource: 'config', cluster: 'prod', body: configBody(takenAt) },
          headers: { authorization: `Bearer ${token}` },
        }),
      )
    expect(await put(Date.now())).toMatchObject({ statusCode: 200 })
    await happen(target, token, 0)
    await run(['cluster', 'rotate', 'prod'])
    await put(Date.now() + 1)
    await happen(target, token, 1)
    expect(relay.decisions.map(({ record }) => record.reason)).toEqual([
      `observed: would have been sent to ${sink.url}/***`,
      expect.stringMatching(/^repeats the event /),
    ])
    expect(relay.metricLines.filter((line) => line.includes('"Observed":1'))).toHaveLength(1)
    expect((await run(['get', 'clusters'])).stdout).toMatch(/^prod +observed/m)
    const [observed] = relay.decisions
    const id = observed?.record.id ?? ''
    expect((await run(['replay', id])).stdout).toContain(REFUSED)
    const only = ['get', 'deliveries', '--cluster', 'prod', '--outcome', 'observed', '-o', 'json']
    expect(JSON.parse((await run(only)).stdout)).toMatchObject([{ id, outcome: 'observed' }])
    expect(sink.requests).toEqual([])

    expect(await run(['cluster', 'go-live', 'prod'])).toEqual({ code: 0, stdout: LIVE, stderr: '' })
    await happen(target, token, 2)
    expect(sink.requests).toHaveLength(1)
    expect((await run(['replay', id])).code).toBe(0)
    relay.time.offsetMs = 30_000
    await pollOnce(relay.clients.sqs, relay.environment.retriesQueueUrl, relay.dispatch)
    expect(sink.requests).toHaveLength(2)

    expect((await run(['cluster', 'observe', 'prod'])).stdout).toBe(OBSERVED)
    await happen(target, token, 3)
    expect(sink.requests).toHaveLength(2)
    expect(await run(['cluster', 'observe', 'staging'])).toMatchObject({ code: 1 })
  })
})
