import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { commandTargets } from '../support/command-targets.ts'
import { event } from '../support/delivery-records.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MANIFESTS = [
  provider('chat', { type: 'slack', channel: 'general', secretRef: { name: 'chat' } }),
  alert('all', 'chat'),
  alert('errors', 'chat', { eventSeverity: 'error' }),
]

function eventFile(): string {
  const file = join(temporaryDirectory(), 'event.json')
  writeFileSync(file, JSON.stringify(event()))
  return file
}

describe.each(commandTargets())('flux-relay explain %s', (_, open) => {
  it('judges by what is in force, and shows no secret', async () => {
    const { ports, run, setSecret } = await open()
    await setSecret('prod', 'chat', { address: 'https://hooks.test/services/hunter2' })
    await ports.configs.replace(await reconcile('prod', MANIFESTS, 0, ports.secrets))
    const args = ['explain', '-e', eventFile(), '--cluster', 'prod']
    const { code, stdout, stderr } = await run([...args, '--expect', 'chat=delivered'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^flux-system\/all +flux-system\/chat +delivered +the Alert takes/m)
    expect(stdout).toMatch(/^flux-system\/errors +flux-system\/chat +skipped +the Alert takes err/m)
    expect(stdout).toMatch(/^POST https:\/\/hooks\.test\/\*\*\*$/m)
    expect(stdout).not.toContain('hunter2')
  })

  it('says that a cluster has no configuration', async () => {
    const { run } = await open()
    const { code, stdout, stderr } = await run(['explain', '-e', eventFile(), '--cluster', 'none'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('the cluster none has no configuration yet')
  })
})
