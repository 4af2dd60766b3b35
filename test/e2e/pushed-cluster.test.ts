import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { type CommandResult, fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { jsonBodies, startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const OPERATOR = 'operator-token'
const STAGING = 'staging-token'

/** In the address that only the Secret has. */
const CANARY = 'hunter2'

it('delivers for a cluster that the command line set up, with its Secret', async () => {
  const sink = await startSink({ [`POST /${CANARY}`]: { status: 200 } })
  const folder = temporaryDirectory()
  const [tokens, events] = [join(folder, 'tokens.yaml'), join(folder, 'events.json')]
  writeFileSync(tokens, `operators: [${OPERATOR}]\nclusters: {staging: [${STAGING}]}\n`)
  writeFileSync(events, JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1')))
  // The cluster of the folder has a Secret of the same name, which is not the one to be used.
  const elsewhere = { address: 'http://127.0.0.1:1/elsewhere' }
  const provider = providerYaml('slack', { type: 'generic' }, elsewhere)
  const manifests = manifestsFolder({ 'provider.yaml': provider })
  const relay = await startRelay({ manifests, flags: ['--tokens', tokens] })

  const results: CommandResult[] = []
  const run = async (token: string, ...args: readonly string[]) => {
    const result = await fluxRelay([...args, '--relay', relay.url], { token })
    results.push(result)
    return result
  }
  const staging = ['--cluster', 'staging']
  const secret = `--from-literal=address=${sink.url}/${CANARY}`
  const put = await run(STAGING, 'secret', 'put', 'flux-system/slack', secret, ...staging)
  expect(put).toMatchObject({ code: 0, stderr: '' })
  const applied = manifestsFolder({ 'all.yaml': `${provider}---\n${alertYaml('all')}` })
  expect(await run(STAGING, 'apply', '-f', applied, ...staging)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Provider/flux-system/slack ready: Initialized\n'),
  })
  expect(await run(STAGING, 'send', '-e', events, ...staging)).toMatchObject({ code: 0 })

  await relay.logged({ msg: 'delivered', cluster: 'staging' })
  expect(jsonBodies(sink)).toMatchObject([{ involvedObject: { name: 'podinfo' } }])
  const listed = await run(OPERATOR, 'get', 'deliveries', ...staging, '-o', 'json')
  expect(JSON.parse(listed.stdout)).toMatchObject([{ cluster: 'staging', outcome: 'delivered' }])
  expect(JSON.stringify([results, relay.lines(), relay.stderr()])).not.toContain(CANARY)
})

it('has with tokens alone no folder, and waits for every cluster, across a restart too', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const data = temporaryDirectory()
  const tokens = join(temporaryDirectory(), 'tokens.yaml')
  // The cluster that a folder would be for by default.
  writeFileSync(tokens, `operators: [${OPERATOR}]\nclusters: {local: [${STAGING}]}\n`)
  const first = await startRelay({ data, flags: ['--tokens', tokens] })
  const headers = { authorization: `Bearer ${STAGING}` }
  const path = '/v1/clusters/local'
  expect((await first.fetch(`${path}/config`, { headers })).status).toBe(404)
  const event = JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1'))
  const posted = await first.fetch(`${path}/events`, { method: 'POST', headers, body: event })
  expect(posted.status).toBe(202)
  await first.logged({ msg: 'retry' })
  expect(await first.end('SIGTERM')).toMatchObject({ code: 0 })
  expect(first.lines().filter((line) => line.includes('manifests'))).toEqual([])

  const relay = await startRelay({ data, flags: ['--tokens', tokens] })
  const spec = { type: 'generic', address: `${sink.url}/hook` }
  const folder = manifestsFolder({
    'all.yaml': `${providerYaml('slack', spec)}---\n${alertYaml('all')}`,
  })
  const secret = ['flux-system/slack', '--from-literal=token=unused', '--cluster', 'local']
  const put = ['secret', 'put', ...secret, '--relay', relay.url]
  expect(await fluxRelay(put, { token: STAGING })).toMatchObject({ code: 0 })
  const applied = await fluxRelay(
    ['apply', '-f', folder, '--cluster', 'local', '--relay', relay.url],
    { token: STAGING },
  )
  expect(applied).toMatchObject({ code: 0 })
  await relay.logged({ msg: 'delivered', cluster: 'local' })
  expect(jsonBodies(sink)).toMatchObject([{ involvedObject: { name: 'podinfo' } }])
})

it('forgets a cluster that was deleted seven days ago, with its Secrets, and none before', async () => {
  const data = temporaryDirectory()
  const tokens = join(temporaryDirectory(), 'tokens.yaml')
  const clusters = ['gone', 'recent', 'kept']
  writeFileSync(tokens, `operators: [${OPERATOR}]\nclusters: {gone: g, recent: r, kept: k}\n`)
  const first = await startRelay({ data, flags: ['--tokens', tokens] })
  const manifests = manifestsFolder({
    'all.yaml': `${providerYaml('slack', { type: 'generic' }, {}).split('---\n')[1]}---\n${alertYaml('all')}`,
  })
  for (const cluster of clusters) {
    const of = ['--cluster', cluster, '--relay', first.url]
    const options = { token: cluster.slice(0, 1) }
    const put = [
      'secret',
      'put',
      'flux-system/slack',
      `--from-literal=address=http://a.test/${CANARY}`,
    ]
    expect(await fluxRelay([...put, ...of], options)).toMatchObject({ code: 0 })
    expect(await fluxRelay(['apply', '-f', manifests, ...of], options)).toMatchObject({ code: 0 })
  }
  await first.end('SIGTERM')

  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString()
  writeFileSync(
    tokens,
    `operators: [${OPERATOR}]\nclusters: {kept: k}\nretired:\n` +
      `  gone: {at: ${daysAgo(7)}, tokens: [g]}\n  recent: {at: ${daysAgo(6)}, tokens: [r]}\n`,
  )
  const second = await startRelay({ data, flags: ['--tokens', tokens] })
  await second.logged({
    msg: 'deleted what was stored of a cluster that is out of use',
    cluster: 'gone',
  })
  const alerts = await Promise.all(
    clusters.map((cluster) =>
      fluxRelay(['get', 'alerts', '--cluster', cluster, '--relay', second.url], {
        token: OPERATOR,
      }),
    ),
  )
  expect(alerts.map(({ code }) => code)).toEqual([1, 0, 0])
  await second.end('SIGTERM')
  const database = new DatabaseSync(join(data, 'flux-relay.db'), { readOnly: true })
  onTestFinished(() => database.close())
  expect(database.prepare('SELECT cluster FROM secrets ORDER BY cluster').all()).toEqual([
    { cluster: 'kept' },
    { cluster: 'recent' },
  ])
})
