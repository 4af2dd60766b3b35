import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { alertYaml, writeFiles } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

it('delivers what waited for a Provider, once its manifest is there', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const manifests = manifestsFolder({ 'alert.yaml': alertYaml('all') })
  const relay = await startRelay({ manifests })
  expect((await relay.post(event(1))).status).toBe(202)

  const [retry] = await relay.logged({ msg: 'retry' })
  const reason = 'Provider flux-system/slack does not exist or is not valid'
  expect(retry).toMatchObject({
    level: 'warn',
    reason,
    alert: 'flux-system/all',
    attempt: 1,
    tries: 0,
  })
  expect(await relay.deliveries()).toMatchObject([{ outcome: 'retry', reason }])

  writeFiles(manifests, { 'provider.yaml': hook(sink.url) })
  await relay.logged({ msg: 'delivered' })
  // As soon as it is there, and not by the schedule of retries.
  await relay.logged({ msg: 'deliveries that waited for a configuration are sent', deliveries: 1 })
  expect(await relay.deliveries()).toMatchObject([
    { outcome: 'delivered', tries: 1, attempts: [{ outcome: 'delivered' }] },
  ])
  expect(sink.requests).toHaveLength(1)
})

it('takes changes into use, and keeps what was in force when a change is broken', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const manifests = manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': hook(sink.url, 'old-token'),
  })
  const relay = await startRelay({ manifests })
  await expectDelivery(relay, event(1))

  const broken = alertYaml('all').replace('eventSeverity: info', 'eventSeverity: [info')
  writeFileSync(join(manifests, 'alert.yaml'), broken)
  await logsProblem(relay, /^alert\.yaml:\d+: .*stays in force$/)
  await expectDelivery(relay, event(2))

  writeFileSync(join(manifests, 'alert.yaml'), alertYaml('all', 'wrong'))
  await logsProblem(relay, /^alert\.yaml:9: Alert\/flux-system\/all: spec\.eventSeverity: .*stays/)
  await expectDelivery(relay, event(3))
  expect(await readinessOf(relay, 'all')).toMatchObject([
    { kind: 'Alert', ready: true, message: expect.stringMatching(/^alert\.yaml:9: /) },
  ])

  const loads = relay.log().filter(({ msg }) => msg === 'manifests loaded').length
  writeFileSync(join(manifests, 'provider.yaml'), hook(sink.url, 'new-token'))
  await relay.logged({ msg: 'manifests loaded' }, loads + 1)
  await expectDelivery(relay, event(4))
  expect(sink.requests.map(({ headers }) => headers.authorization)).toEqual([
    ...Array.from({ length: 3 }, () => 'Bearer old-token'),
    'Bearer new-token',
  ])
})

it('logs where a rule is right and does nothing, and sends by the others', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const glob = alertYaml('some').replace("'*'", 'app-*')
  const files = { 'alert.yaml': alertYaml('all'), 'glob.yaml': glob }
  const manifests = manifestsFolder({ ...files, 'provider.yaml': hook(sink.url) })
  const relay = await startRelay({ manifests })
  await logsProblem(
    relay,
    /^glob\.yaml:12: Alert\/flux-system\/some: spec\.eventSources\[0\]\.name: no object fits app-\*/,
  )
  await expectDelivery(relay, event(1))
})

it('takes the first of two objects with one name, and says where both are', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const manifests = manifestsFolder({
    'a/alert.yaml': alertYaml('all'),
    'a/provider.yaml': hook(sink.url),
    'b/provider.yaml': hook('http://127.0.0.1:9'),
  })
  const relay = await startRelay({ manifests })
  await logsProblem(
    relay,
    /^b\/provider\.yaml:\d+: Provider\/flux-system\/slack: is already defined at a\/provider\.yaml:\d+; /,
  )
  await expectDelivery(relay, event(1))
  expect(sink.requests).toHaveLength(1)
})

function event(number: number) {
  return kustomizationEvent('podinfo', SHA, `change ${number}`)
}

function hook(url: string, token = 'token'): string {
  const secret = { headers: `Authorization: Bearer ${token}` }
  return providerYaml('slack', { type: 'generic', address: `${url}/hook` }, secret)
}

async function expectDelivery(relay: RelayProcess, posted: unknown): Promise<void> {
  const before = relay.log().filter(({ msg }) => msg === 'delivered').length
  expect((await relay.post(posted)).status).toBe(202)
  await relay.logged({ msg: 'delivered' }, before + 1)
}

/** Waits for a warning about a manifest. */
async function logsProblem(relay: RelayProcess, text: RegExp): Promise<void> {
  await eventually(() => {
    const warnings = relay.log().filter(({ level }) => level === 'warn')
    expect(warnings.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(text))
  })
}

async function readinessOf(relay: RelayProcess, name: string) {
  const answer = await relay.fetch('/v1/clusters/local/config')
  const { objects } = (await answer.json()) as { objects: readonly { readonly name: string }[] }
  return objects.filter((object) => object.name === name)
}
