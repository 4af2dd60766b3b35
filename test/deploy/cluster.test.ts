import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import { fieldsOf, type Manifest } from '../support/kubernetes/api-object.ts'
import { isRealCluster, startCluster, type TestCluster } from '../support/kubernetes/cluster.ts'
import { hasKubectl, kubectl } from '../support/kustomize.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const ALERT = { apiVersion: 'notification.toolkit.fluxcd.io/v1beta1', kind: 'Alert' }

/** kubectl for this cluster. */
function kubectlOf({ url, ca = '', tokenFile }: TestCluster) {
  const folder = temporaryDirectory()
  const config = join(folder, 'config')
  writeFileSync(
    config,
    JSON.stringify({
      clusters: [
        { name: 'test', cluster: { server: url, 'certificate-authority-data': btoa(ca) } },
      ],
      users: [{ name: 'test', user: { tokenFile } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    }),
  )
  const connection = ['--kubeconfig', config, '--cache-dir', join(folder, 'cache')]
  return (...args: readonly string[]) => kubectl(...args, ...connection)
}

/** As the shipper writes it. */
const READY = {
  type: 'Ready',
  status: 'True',
  reason: 'Succeeded',
  message: 'Initialized',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-02T03:04:05Z',
}

// `npm run test:kube` has a real one, whose word on schemas is the last.
describe.skipIf(!isRealCluster || !hasKubectl)('a real API server', () => {
  it('takes the definitions of Alert and Provider as structural', async () => {
    const cluster = await startCluster()
    const kind = 'CustomResourceDefinition'
    const definitions = await cluster.list('apiextensions.k8s.io/v1', kind)
    const ours = definitions.filter(({ metadata }) => metadata.name.includes('.notification.'))
    expect(ours).toHaveLength(2)
    for (const { status } of ours) {
      expect(fieldsOf(status).conditions).toEqual([
        expect.objectContaining({ type: 'NamesAccepted', status: 'True' }),
        expect.objectContaining({ type: 'Established', status: 'True' }),
      ])
    }
  })

  it('takes the manifests of the guide, and shows what the shipper says of them', async () => {
    const run = kubectlOf(await startCluster())
    await run('apply', '--validate=strict', '-f', projectPath('examples/guide'))
    const status = JSON.stringify({ status: { observedGeneration: 1, conditions: [READY] } })
    const alert = ['alerts', 'on-call-webapp', '-n', 'flux-system']
    await run('patch', ...alert, '--subresource=status', '--type=merge', '-p', status)
    expect(await run('get', ...alert)).toMatch(
      /^NAME +READY +STATUS +AGE\non-call-webapp +True +Initialized +\d+s\n$/,
    )
  })

  it('takes null where the relay does, and refuses what the relay would', async () => {
    const cluster = await startCluster()
    const metadata = { name: 'sparse', namespace: 'flux-system' }
    const sources = [{ kind: 'Pod', name: '*', namespace: null, matchLabels: null }]
    const sparse = {
      providerRef: { name: 'slack' },
      eventSeverity: null,
      eventSources: sources,
      inclusionList: null,
      eventMetadata: null,
      summary: null,
      suspend: null,
    }
    const apply = (spec: unknown): Promise<unknown> =>
      cluster.apply({ ...ALERT, metadata, spec } as Manifest)
    expect(await apply(sparse)).toMatchObject({ spec: sparse })
    await expect(apply({ ...sparse, eventSeverity: 'fatal' })).rejects.toThrow(/eventSeverity/)
    await expect(apply({ ...sparse, eventSources: [] })).rejects.toThrow(/eventSources/)
  })

  it.each([
    'deploy/crds',
    'deploy/base',
    'deploy/overlays/sync-secrets',
    'deploy/overlays/watch-events',
  ])('takes %s without an unknown field', async (folder) => {
    const run = kubectlOf(await startCluster())
    const flags = ['--dry-run=server', '--validate=strict', '-o', 'name']
    const applied = await run('apply', ...flags, '-k', projectPath(folder))
    expect(applied.trim().split('\n').length).toBeGreaterThan(1)
  })
})
