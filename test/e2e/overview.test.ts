import { expect, it } from 'vitest'
import { ObjectList } from '../../relay/api/schemas/objects.ts'
import { Overview } from '../../relay/api/schemas/overview.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function alertTo(provider: string): string {
  return alertYaml(provider).replace('name: slack', `name: ${provider}`)
}

async function look(relay: RelayProcess) {
  const ask = async (path: string) => (await relay.fetch(path)).json()
  const overview = Overview.parse(await ask('/v1/overview'))
  const { objects } = ObjectList.parse(await ask('/v1/clusters/local/objects'))
  // The hour may end meanwhile.
  const delivered = overview.hours.reduce((sum, it) => sum + (it.outcomes.delivered ?? 0), 0)
  return { overview, objects, delivered }
}

it('the overview counts what was decided, and finds what fails; counts outlive the process', async () => {
  const sink = await startSink({ 'POST /good': { status: 200 } })
  const manifests = manifestsFolder({
    'good.yaml': providerYaml('good', { type: 'generic', address: `${sink.url}/good` }),
    // Nobody listens there.
    'away.yaml': providerYaml('away', { type: 'generic', address: 'http://127.0.0.1:1/' }),
    'alerts.yaml': [alertTo('good'), alertTo('away')].join('---\n'),
  })
  const folders = { manifests, data: temporaryDirectory() }
  const relay = await startRelay(folders)
  for (const name of ['one', 'two', 'three'])
    await relay.post(kustomizationEvent(name, 'a'.repeat(40)))
  await eventually(async () => {
    const { overview, delivered } = await look(relay)
    expect(delivered).toBe(3)
    expect(overview.failing).toMatchObject([
      { cluster: 'local', provider: 'flux-system/away', host: '127.0.0.1:1', failures: 3 },
    ])
  })
  const { overview, objects } = await look(relay)
  expect(overview.failing[0]?.error).toContain('ECONNREFUSED')
  expect(overview.failing[0]?.probeAt).toBeDefined()
  expect(overview.clusters).toMatchObject([{ name: 'local', outcomes: { delivered: 3 } }])
  const good = objects.find(({ kind, name }) => kind === 'Provider' && name === 'good')
  expect(good).toMatchObject({ ready: true, outcomes: { delivered: 3 } })
  expect(await relay.end('SIGTERM')).toMatchObject({ code: 0 })
  const next = await startRelay(folders)
  expect((await look(next)).delivered).toBe(3)
})
