import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { annotated } from '../relay/pipeline/rules/annotated.ts'
import { type CommandTarget, commandTargets } from '../support/command-targets.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { alertObject } from '../support/notification-objects.ts'
import { manifestsFolder } from '../support/relay-manifests.ts'

const CANARY = 'hunter2'

function providerText(name: string, allowed: string): string {
  const object = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name },
    spec: { type: 'generic', secretRef: { name: 'hook' } },
  }
  return stringify(annotated(object, { 'allow-clusters': allowed }))
}

const SECRET = `---\napiVersion: v1\nkind: Secret\nmetadata: { name: hook }\nstringData: { address: ${CANARY} }\n`

function apply(files: Readonly<Record<string, string>>): readonly string[] {
  return ['apply', '-f', manifestsFolder(files), '--fleet']
}

const PUT = [
  ...['secret', 'put', 'hook', '--fleet'],
  ...['--from-literal', `address=https://hooks.example/${CANARY}`],
]

/** A cluster whose Alert leads to the fleet. */
async function withCluster({ ports }: CommandTarget) {
  const leading = annotated(alertObject('on-call'), { provider: '_fleet/hook' })
  await ports.configs.replace(await reconcile('prod', [leading], Date.now(), ports.secrets))
  return async () => {
    const config = await ports.configs.read('prod')
    return typeof config === 'object' ? config.objects[0]?.reason : undefined
  }
}

describe.each(commandTargets())('the fleet by %s', (_, open) => {
  it('is put with its Secret, and judges the clusters that use it', async () => {
    const target = await open()
    const readiness = await withCluster(target)
    const files = {
      'a.yaml': providerText('hook', 'prod') + SECRET,
      'b.yaml': providerText('old', '*'),
    }
    const first = await target.run(apply(files))
    expect(first).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^Provider\/_fleet\/hook not ready \(SecretNotFound\): Secret _fleet\/hook is not known.*\nProvider\/_fleet\/old /,
      ),
      stderr: expect.stringContaining(
        'flux-relay secret put hook --fleet --from-literal=KEY=VALUE',
      ),
    })
    expect(await readiness()).toBe('ProviderNotReady')

    const secret = await target.run(PUT)
    expect(secret).toEqual({
      code: 0,
      stdout: 'Secret/_fleet/hook of the fleet: address\n',
      stderr: '',
    })
    expect(await readiness()).toBe('Succeeded')
    const stored = await target.ports.secrets.read('_fleet', 'fleet', 'hook', { fresh: true })
    expect(stored?.data).toEqual({ address: `https://hooks.example/${CANARY}` })

    const second = await target.run(apply({ 'a.yaml': providerText('hook', 'stage') }))
    expect(second).toMatchObject({
      code: 0,
      stdout: 'Provider/_fleet/hook ready: Initialized\nProvider/_fleet/old removed\n',
    })
    expect(await readiness()).toBe('AccessDenied')
    const results = [first, secret, second].map(({ stdout, stderr }) => stdout + stderr)
    expect(results.join('')).not.toContain(CANARY)
  })

  it('is shown, and is no cluster', async () => {
    const target = await open()
    const none = await target.run(['get', 'providers', '--fleet'])
    expect(none).toMatchObject({ code: 1, stderr: 'flux-relay: the fleet has no Providers yet\n' })
    await withCluster(target)
    await target.run(PUT)
    await target.run(apply({ 'a.yaml': providerText('hook', 'prod') }))
    const shown = await target.run(['get', 'providers', '--fleet', '-o', 'wide'])
    expect(shown.stdout).toMatch(/^hook +False +True +Initialized .* generic$/m)
    expect((await target.run(['get', 'providers', '-n', '_fleet'])).stdout).toContain('hook')
    const described = ['describe', 'provider', 'hook', '-n', '_fleet', '--cluster', 'prod']
    expect((await target.run(described)).stdout).toContain('flux-relay.io/allow-clusters: prod')
    const wide = ['get', 'alerts', '--cluster', 'prod', '-o', 'wide']
    expect((await target.run(wide)).stdout).toContain('_fleet/hook')
    const clusters = await target.run(['get', 'clusters'])
    expect(clusters.stdout).toContain('prod')
    expect(clusters.stdout).not.toContain('_fleet')
  })

  it('has no Alerts, and nothing is sent with one among the files', async () => {
    const target = await open()
    const files = { 'a.yaml': providerText('hook', '*'), 'b.yaml': alertYaml('on-call') }
    const result = await target.run(apply(files))
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toContain('the fleet has Providers only; apply Alerts with --cluster')
    expect(await target.ports.configs.read('_fleet')).toBeUndefined()
  })
})

it.each([
  [[...PUT, '--cluster', 'prod'], "'--fleet' cannot be used with option '--cluster"],
  [
    ['secret', 'put', 'flux-system/hook', '--fleet'],
    'expected the name of a Secret, such as slack',
  ],
  [['apply', '-f', '.', '--cluster', '_fleet'], 'expected a DNS label'],
])('is a usage error: %j', async (args, said) => {
  const result = await fluxRelay([...args, '--relay', 'http://127.0.0.1:1'])
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toContain(said)
  expect(result.stderr).not.toContain(CANARY)
})
