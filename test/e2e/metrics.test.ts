import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const TOKEN = 'staging-token'

/** The values of the samples whose names begin with these, by name and labels. */
async function samples(relay: RelayProcess): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith('flux_relay_'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at).replace('flux_relay_', ''), Number(line.slice(at + 1))]
    }),
  )
}

async function send(relay: RelayProcess, method: string, path: string, body: unknown) {
  const headers = { Authorization: `Bearer ${TOKEN}` }
  const url = `${relay.url}/v1/clusters/staging/${path}`
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) })
  return answer.status
}

async function dismissDead({ url }: RelayProcess): Promise<void> {
  const headers = { Authorization: 'Bearer operator-token' }
  const listed = await fetch(`${url}/v1/deliveries?outcome=dead`, { headers })
  const { deliveries } = DeliveriesPage.parse(await listed.json())
  for (const { id } of deliveries) {
    const path = `/v1/deliveries/${id}/dismiss`
    expect((await fetch(`${url}${path}`, { method: 'POST', headers })).status).toBe(200)
  }
}

it('the metrics tell of clusters, of what is open and of the disk, after a restart too', async () => {
  const began = Date.now() / 1_000
  const [data, tokens] = [temporaryDirectory(), join(temporaryDirectory(), 'tokens.yaml')]
  writeFileSync(tokens, `operators: [operator-token]\nclusters: {staging: [${TOKEN}]}\n`)
  // Nobody listens there, so what goes there waits.
  const provider = providerYaml('away', { type: 'generic', address: 'http://127.0.0.1:1/' })
  const start = () => {
    const manifests = manifestsFolder({ 'provider.yaml': provider })
    return startRelay({ manifests, data, flags: ['--tokens', tokens] })
  }
  const object = (kind: string, name: string, spec: unknown) => ({
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind,
    metadata: { name, namespace: 'flux-system' },
    spec,
  })
  const source = { eventSources: [{ kind: 'Kustomization', name: '*' }] }
  const targets = { all: 'away', astray: 'nowhere', refused: 'forbidden' }
  const alerts = Object.entries(targets).map(([name, target]) =>
    object('Alert', name, { ...source, providerRef: { name: target } }),
  )
  const address = 'http://127.0.0.1:1/'
  const providers = [
    object('Provider', 'away', { type: 'generic', address }),
    // Nothing is sent to such an address, so what goes there is dead at once.
    object('Provider', 'forbidden', { type: 'generic', address: 'http://169.254.169.254/' }),
  ]

  const relay = await start()
  const takenAt = new Date().toISOString()
  expect(await send(relay, 'PUT', 'config', { takenAt, alerts, providers })).toBe(200)
  expect(await send(relay, 'POST', 'events', kustomizationEvent('podinfo', '3f2c9a1'))).toBe(202)
  expect((await fetch(`${relay.url}/v1/clusters/staging/events`, { method: 'POST' })).status).toBe(
    401,
  )
  const events = 'last_event_timestamp_seconds{cluster="staging"}'
  const configuration = 'last_configuration_timestamp_seconds{cluster="staging",source="sent"}'
  const tellsAll = async (from: RelayProcess) => {
    const read = await samples(from)
    expect(read.get(events)).toBeGreaterThan(began - 1)
    expect(read.get(configuration)).toBe(Date.parse(takenAt) / 1_000)
    expect(read.get('objects_not_ready{cluster="staging"}')).toBe(1)
    expect(read.get('objects_not_ready{cluster="local"}')).toBe(0)
    expect(read.get('queue_depth{queue="retries"}')).toBe(2)
    expect(read.get('oldest_open_age_seconds')).toBeGreaterThan(0)
    expect(read.get('dead_deliveries')).toBe(1)
    expect(read.get('database_size_bytes')).toBeGreaterThan(10_000)
    expect(read.get('disk_free_bytes')).toBeLessThanOrEqual(read.get('disk_size_bytes') ?? 0)
    return read
  }
  const first = await vi.waitFor(() => tellsAll(relay), { timeout: 30_000 })
  const refused =
    'requests_refused_total{cause="unauthorized",status="401",method="POST",path="/v1/clusters/{cluster}/events",cluster="staging"}'
  expect(first.get(refused)).toBe(1)
  expect(first.get('parked_destinations{cluster="staging"}')).toBe(0)
  await relay.end('SIGTERM')

  const again = await start()
  const second = await vi.waitFor(() => tellsAll(again), { timeout: 30_000 })
  // Of which there is a record: when it was accepted.
  expect(second.get(events)).toBeLessThanOrEqual(first.get(events) ?? 0)
  expect(second.get(refused)).toBeUndefined()
  await dismissDead(again)
  expect((await samples(again)).get('dead_deliveries')).toBe(0)

  writeFileSync(tokens, 'operators: [operator-token]\nclusters: {another: [another-token]}\n')
  await vi.waitFor(
    async () => {
      const last = await samples(again)
      expect([...last.keys()].filter((name) => /^(last|objects)_.*staging/.test(name))).toEqual([])
    },
    { timeout: 30_000 },
  )
})
