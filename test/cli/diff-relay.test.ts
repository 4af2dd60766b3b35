import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { commandTargets } from '../support/command-targets.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

/** The Provider alone, as it is in Git. */
function inGit(channel: string): string {
  const [, yaml = ''] = providerYaml('slack', { type: 'slack', channel }).split('---\n')
  return yaml
}

const SOURCES = [{ kind: 'Kustomization', name: '*', namespace: 'flux-system' }]

describe.each(commandTargets())('flux-relay diff %s', (_, open) => {
  it('compares with what is in force, and shows no credential', async () => {
    const { ports, run, setSecret } = await open()
    await setSecret('prod', 'slack', { address: 'https://hooks.test/services/hunter2' })
    const spec = { channel: 'general', proxy: 'http://me:hunter2@proxy.test' }
    const manifests = [
      provider('slack', { type: 'slack', ...spec, secretRef: { name: 'slack' } }),
      alert('on-call', 'slack', { eventSeverity: 'info', eventSources: SOURCES }),
      alert('old', 'slack'),
    ]
    await ports.configs.replace(await reconcile('prod', manifests, 0, ports.secrets))
    const folder = manifestsFolder({
      'slack.yaml': inGit('alerts'),
      'on-call.yaml': alertYaml('on-call'),
      'apps.yaml': alertYaml('apps'),
    })
    const args = ['diff', '-f', folder, '--cluster', 'prod']
    const { code, stdout, stderr } = await run(args)
    expect(stdout.replaceAll(folder, 'head')).toBe(
      [
        'new       Alert/flux-system/apps   head/apps.yaml:1',
        'gone      Alert/flux-system/old',
        'changed   Provider/flux-system/slack   head/slack.yaml:1',
        '  spec.channel: "general" -> "alerts"',
        '  spec.proxy: - ***',
        '',
        '1 new, 1 changed, 1 gone, 1 unchanged',
        '',
      ].join('\n'),
    )
    expect([code, stderr]).toEqual([0, ''])
    const same = await run([...args, '--against', 'in-force', '--exit-code', '-o', 'github'])
    expect(same.code).toBe(1)
    expect(same.stdout).toContain(`::notice file=${folder}::Alert/flux-system/old: gone\n`)
  })

  it('says that a cluster has no configuration, and that all is new', async () => {
    const { run } = await open()
    const folder = manifestsFolder({ 'slack.yaml': inGit('alerts') })
    const { code, stdout, stderr } = await run(['diff', '-f', folder, '--cluster', 'none'])
    expect([code, stderr]).toEqual([0, 'the cluster none has no configuration yet: all is new\n'])
    expect(stdout).toMatch(/^new +Provider\/flux-system\/slack/)
  })
})
