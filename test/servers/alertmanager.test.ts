import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { testClient } from '../support/http-client.ts'
import { alert, createHarness, provider } from '../support/relay-harness.ts'
import { startServerProcess } from '../support/server-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const CONFIG = 'route: { receiver: none }\nreceivers: [{ name: none }]\n'

/** A relay with an Alertmanager of its own on 127.0.0.1. */
async function startAlertmanager() {
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'config.yml'), CONFIG)
  const [, port] = await startServerProcess(
    inject('alertmanager'),
    [
      `--config.file=${join(folder, 'config.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      '--cluster.listen-address=',
      '--web.listen-address=127.0.0.1:0',
    ],
    dirname(inject('alertmanager')),
    /Listening on"? address=127\.0\.0\.1:(\d+)/,
  )
  const alerts = `http://127.0.0.1:${port}/api/v2/alerts`
  const harness = createHarness({}, { http: testClient() })
  await harness.configure(
    provider('am', { type: 'alertmanager', address: alerts }),
    alert('all', 'am'),
  )
  return {
    harness,
    async deliver(changes: Record<string, unknown> = {}) {
      await harness.send('kustomization-health-check-failed', changes)
      await harness.drain()
    },
    /** The success of the same object, which happens now by the clock of Alertmanager too. */
    async succeed() {
      const timestamp = new Date().toISOString()
      await harness.send('kustomization-finished', { timestamp })
      await harness.drain()
    },
    async alerts(): Promise<readonly { readonly labels: Readonly<Record<string, string>> }[]> {
      return (await fetch(alerts)).json() as Promise<never>
    },
  }
}

const metadata = (entries: Readonly<Record<string, string>>) => ({
  metadata: Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [`kustomize.toolkit.fluxcd.io/${key}`, value]),
  ),
})

describe.skipIf(inject('alertmanager') === '')('a real Alertmanager', () => {
  it('fires an alert of the event', async () => {
    const { harness, deliver, alerts } = await startAlertmanager()
    await deliver(metadata({ revision: 'main@sha1:9e2f4c1b' }))
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered', notes: [] }])
    expect(await alerts()).toMatchObject([
      {
        labels: { alertname: 'FluxKustomizationHealthcheckfailed', revision: 'main@sha1:9e2f4c1b' },
      },
    ])
  })

  it('takes classic names of labels, before 0.27', async () => {
    const { harness, deliver, alerts } = await startAlertmanager()
    await deliver(metadata({ 'app-version': '1.2.3', 'a.b': 'c' }))
    const [record] = await harness.records()
    expect(record?.outcome).toBe('delivered')
    const [fired] = await alerts()
    const isClassic = record?.notes.length === 1
    expect(fired?.labels).toMatchObject(
      isClassic ? { app_version: '1.2.3', a_b: 'c' } : { 'app-version': '1.2.3', 'a.b': 'c' },
    )
  })

  it('counts an event that is fired twice as one alert, whatever its token', async () => {
    const { harness, deliver, alerts } = await startAlertmanager()
    await deliver(metadata({ token: 'first', revision: 'main@sha1:1' }))
    harness.clock.set(harness.clock.now() + 3_600_000)
    await deliver(metadata({ token: 'second', revision: 'main@sha1:1' }))
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
    expect(await alerts()).toHaveLength(1)
  })

  it('resolves the alerts of failures by the labels that they fired with', async () => {
    const { harness, deliver, succeed, alerts } = await startAlertmanager()
    await deliver(metadata({ revision: 'main@sha1:1', 'app-version': '1' }))
    await deliver({ reason: 'BuildFailed', ...metadata({ revision: 'main@sha1:2' }) })
    const reasons = async () => (await alerts()).map(({ labels }) => labels.reason).toSorted()
    expect(await reasons()).toEqual(['BuildFailed', 'HealthCheckFailed'])
    await succeed()
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(Array(3).fill('delivered'))
    // Alertmanager lists no alert that has ended.
    expect(await reasons()).toEqual(['ReconciliationSucceeded'])
  })
})
