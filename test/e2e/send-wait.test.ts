import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

it.each([
  ['delivered', 200, { code: 0, stderr: '' }],
  ['dead', 404, { code: 1, stderr: '' }],
  [
    'retry',
    503,
    { code: 1, stderr: expect.stringMatching(/^flux-relay: after 1 s not all of it/) },
  ],
])('send --wait shows that an event is %s', async (outcome, status, ending) => {
  const sink = await startSink({ 'POST /hook': { status } })
  const spec = { type: 'generic', address: `${sink.url}/hook` }
  const manifests = manifestsFolder({
    'all.yaml': `${providerYaml('slack', spec)}---\n${alertYaml('all')}`,
  })
  const relay = await startRelay({ manifests })
  const file = join(temporaryDirectory(), 'event.json')
  writeFileSync(file, JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1')))
  const wait = outcome === 'retry' ? '1s' : '30s'
  const args = ['send', '-e', file, '--cluster', 'local', '--wait', wait, '--relay', relay.url]
  const result = await fluxRelay(args)
  expect(result).toMatchObject(ending)
  expect(result.stdout).toMatch(new RegExp(`^1 accepted, 0 rejected\\nID .*\\n.* ${outcome} `))
  expect(sink.requests).toHaveLength(1)
})
