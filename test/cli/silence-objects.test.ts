import { expect, it } from 'vitest'
import { readProjectFile } from '../../docs/generate/project.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { manifestsFolder } from '../support/relay-manifests.ts'

const [, NIGHT = ''] = /```yaml\n([\s\S]*?)```/.exec(readProjectFile('docs/silences.md')) ?? []

it('the Silence of the docs is valid, is applied, and is shown with its time', async () => {
  const folder = manifestsFolder({ 'night.yaml': NIGHT })
  const valid = await fluxRelay(['validate', '-f', folder, '--strict'])
  expect(valid).toMatchObject({ code: 0, stderr: '' })
  expect(valid.stdout).toMatch(/^Silence +flux-system +night +True +Initialized$/m)

  const relay = await startRelay()
  relay.ports.clock.set(Date.now())
  const place = ['--cluster', 'prod', '--relay', `http://127.0.0.1:${relay.server.port}`]
  const applied = await fluxRelay(['apply', '-f', folder, ...place])
  expect(applied.stdout).toBe('Silence/flux-system/night ready: Initialized\n')
  const shown = await fluxRelay(['get', 'silences', '-o', 'wide', ...place])
  expect(shown.stdout).toMatch(
    /^night +False +True +Initialized .* Succeeded +0 22 \* \* MON-FRI Europe\/Berlin for 8h$/m,
  )
  const changed = manifestsFolder({ 'night.yaml': NIGHT.replace('8h', '9h') })
  const diff = await fluxRelay(['diff', '-f', changed, ...place])
  expect(diff.stdout).toContain('Silence/flux-system/night')
})

it.each([
  ['a version', NIGHT.replace('v1alpha1', 'v1'), 'expected flux-relay.io/v1alpha1'],
  ['a kind', NIGHT.replace('kind: Silence', 'kind: Silences'), 'no such kind; expected Silence'],
  ['a field', NIGHT.replace('match:', 'matches:'), 'spec.match'],
  ['a schedule', NIGHT.replace('MON-FRI', 'MON-FRY'), 'spec.schedule: expected five fields'],
])('%s that is wrong is found', async (_, text, message) => {
  const folder = manifestsFolder({ 'night.yaml': text })
  const { code, stdout, stderr } = await fluxRelay(['validate', '-f', folder])
  expect(code).toBe(1)
  expect(stdout + stderr).toContain(message)
})

it('a Silence is listed while it is in force, and is not ended past its manifest', async () => {
  const once = NIGHT.replace(/ {2}schedule:[\s\S]*$/, "  endsAt: '2999-01-01T00:00:00Z'\n")
  const over = once.replace('night', 'over').replace('2999', '1999')
  const folder = manifestsFolder({ 'once.yaml': once, 'over.yaml': over })
  const relay = await startRelay()
  relay.ports.clock.set(Date.now())
  const place = ['--cluster', 'prod', '--relay', `http://127.0.0.1:${relay.server.port}`]
  expect(await fluxRelay(['apply', '-f', folder, ...place])).toMatchObject({ code: 0 })
  const listed = await fluxRelay(['silence', 'list', '-o', 'json', ...place])
  expect(JSON.parse(listed.stdout)).toEqual([
    {
      ...{ id: 'Silence/flux-system/night', namespace: 'flux-system', active: true },
      ...{ reason: 'nobody is awake', endsAt: '2999-01-01T00:00:00.000Z' },
      ...{ cluster: 'prod', match: expect.any(String) },
    },
  ])
  expect(await fluxRelay(['silence', 'list', ...place])).toMatchObject({
    stdout: expect.stringMatching(/^Silence\/flux-system\/night +in \d+d /m),
  })
  const expired = await fluxRelay(['silence', 'expire', 'Silence/flux-system/night', ...place])
  expect(expired).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('change or remove it there') },
  })
})
