import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import { findHelm } from '../deployed/programs.ts'
import { ruleExamples } from '../docs/rule-examples.ts'
import { CHART, renderChart, runHelm } from '../support/chart.ts'
import { fieldsOf, type Manifest } from '../support/kubernetes/api-object.ts'
import { isRealCluster, startCluster, type TestCluster } from '../support/kubernetes/cluster.ts'
import { hasKubectl, kubectl, kustomize } from '../support/kustomize.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const ALERT = { apiVersion: 'notification.toolkit.fluxcd.io/v1beta1', kind: 'Alert' }

/** kubectl for this cluster. */
function kubectlOf(cluster: TestCluster) {
  const config = kubeconfigOf(cluster)
  const connection = ['--kubeconfig', config, '--cache-dir', join(dirname(config), 'cache')]
  return (...args: readonly string[]) => kubectl(...args, ...connection)
}

/** The file by which kubectl and Helm find this cluster. */
function kubeconfigOf({ url, ca = '', tokenFile }: TestCluster): string {
  const config = join(temporaryDirectory(), 'config')
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
  return config
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

  it('takes every example of rules, with its annotations', async () => {
    const cluster = await startCluster()
    for (const { object } of ruleExamples()) {
      const taken = await cluster.apply(object as unknown as Manifest)
      expect(taken.metadata.annotations).toMatchObject(Object(object.metadata).annotations)
    }
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
    'deploy/admission',
    'deploy/crds',
    'deploy/base',
    'deploy/overlays/sync-secrets',
    'deploy/overlays/watch-events',
    'deploy/relay',
  ])('takes %s without an unknown field', async (folder) => {
    const run = kubectlOf(await startCluster())
    const flags = ['--dry-run=server', '--validate=strict', '-o', 'name']
    const applied = await run('apply', ...flags, '-k', projectPath(folder))
    expect(applied.trim().split('\n').length).toBeGreaterThan(1)
  })

  it('refuses by the admission policy an annotation that no relay knows, also in a dry run', async () => {
    const cluster = await startCluster()
    const run = kubectlOf(cluster)
    const old = {
      ...ALERT,
      metadata: { name: 'old', namespace: 'default', annotations: { 'flux-relay.io/wen': 'x' } },
    }
    const spec = {
      providerRef: { name: 'p' },
      eventSources: [{ kind: 'Kustomization', name: '*' }],
    }
    await cluster.apply({ ...old, spec } as Manifest)
    await run('apply', '-k', projectPath('deploy/admission'))
    const applied = (annotations: object, kind = 'Alert') => {
      const metadata = { name: 'ruled', namespace: 'default', annotations }
      const given = kind === 'Alert' ? spec : { type: 'generic', address: 'https://hooks.example' }
      const file = join(temporaryDirectory(), 'object.json')
      const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
      writeFileSync(file, JSON.stringify({ apiVersion, kind, metadata, spec: given }))
      return run('apply', '--dry-run=server', '-o', 'name', '-f', file)
    }
    // A policy is in force soon after it was stored.
    await expect
      .poll(() => applied({ 'flux-relay.io/wen': 'true' }).catch(String), { timeout: 30_000 })
      .toMatch(/no annotation of flux-relay: flux-relay\.io\/wen; known are .*flux-relay\.io\/when/)
    // What was there before may stay, so that an object can be changed and deleted.
    expect(await run('annotate', 'alerts', 'old', '-n', 'default', 'example.com/a=b')).toContain(
      'annotated',
    )
    await expect(
      run('annotate', 'alerts', 'old', '-n', 'default', 'flux-relay.io/wehn=x'),
    ).rejects.toThrow(/no annotation of flux-relay: flux-relay\.io\/wehn;/)
    const others = { 'example.com/wen': 'x', 'flux-relay.io/when': 'true' }
    expect(await applied(others)).toBe('alert.notification.toolkit.fluxcd.io/ruled\n')
    await expect(applied({ 'flux-relay.io/api-url': 'x' })).rejects.toThrow(/no annotation of/)
    const setting = await applied({ 'flux-relay.io/api-url': 'https://a.test' }, 'Provider')
    expect(setting).toBe('provider.notification.toolkit.fluxcd.io/ruled\n')
    await expect(applied({ 'flux-relay.io/namespaces': '*' }, 'Provider')).rejects.toThrow(
      /no annotation of/,
    )
    await expect(applied({ 'flux-relay.io/after': '10' })).rejects.toThrow(
      /not in its form, such as a duration without a unit: flux-relay\.io\/after wants /,
    )
    const rules = { 'flux-relay.io/after': '3 times\n', 'flux-relay.io/remind': '1d12h' }
    expect(await applied(rules)).toBe('alert.notification.toolkit.fluxcd.io/ruled\n')
  })

  it('lets the pod of the relay into a namespace that is restricted', async () => {
    const cluster = await startCluster()
    const run = kubectlOf(cluster)
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } }
    const objects = await kustomize('deploy/relay')
    const { spec } = objects.find(({ kind }) => kind === 'StatefulSet') as unknown as {
      readonly spec: {
        readonly template: { readonly spec: { readonly volumes: readonly object[] } }
      }
    }
    const pod = spec.template.spec
    const metadata = { name: 'relay', namespace: 'strict' }
    const volumes = [...pod.volumes, { name: 'data', emptyDir: {} }]
    const made = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...pod, volumes } }
    const file = join(temporaryDirectory(), 'pod.json')
    writeFileSync(file, JSON.stringify(namespace))
    await run('apply', '-f', file)
    writeFileSync(file, JSON.stringify(made))
    const flags = ['--dry-run=server', '--validate=strict', '-o', 'name']
    expect(await run('apply', ...flags, '-f', file)).toBe('pod/relay\n')
    const { securityContext: _, ...careless } = made.spec as typeof made.spec &
      Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...made, spec: careless }))
    await expect(run('apply', ...flags, '-f', file)).rejects.toThrow(/violates PodSecurity/)
  })

  const helm = findHelm()
  it.skipIf(helm === '').each([
    ['as it is', {}],
    [
      'with all that needs no other kinds',
      {
        'manifests.configMap': 'alerts',
        'networkPolicy.enabled': true,
        'dashboard.enabled': true,
        'persistence.existingClaim': 'claim',
        extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.test:3128' }],
      },
    ],
  ])('takes what the chart makes without an unknown field, %s', async (_, values) => {
    const run = kubectlOf(await startCluster())
    const file = join(temporaryDirectory(), 'chart.yaml')
    writeFileSync(file, await renderChart(helm, values, 'default'))
    const flags = ['--dry-run=server', '--validate=strict', '-o', 'name']
    const applied = await run('apply', ...flags, '-f', file)
    expect(applied).toContain('statefulset.apps/flux-relay\n')
  })

  it.skipIf(helm === '')('lets Helm install the relay and upgrade it', async () => {
    const connection = ['--kubeconfig', kubeconfigOf(await startCluster()), '-n', 'default']
    const run = (...args: readonly string[]) => runHelm(helm, ...args, ...connection)
    const named = ['--set', 'fullnameOverride=notify,service.port=8080']
    const installed = await run('install', 'relay', CHART, ...named)
    const notes = installed.slice(installed.indexOf('NOTES:'))
    expect(notes).toContain('is installed as notify in the namespace default')
    expect(notes).toContain('http://CLUSTER:TOKEN@notify.default.svc:8080/')
    // The first command to try.
    expect(notes.trim().split('\n').at(-1)?.trim()).toBe(
      'kubectl -n default rollout status statefulset/notify',
    )
    const changes = ['--set', 'image.tag=v7,manifests.configMap=alerts,networkPolicy.enabled=true']
    expect(await run('upgrade', 'relay', CHART, ...named, ...changes)).toContain('REVISION: 2')
  })

  it.skipIf(helm === '')('takes another size of the volume as docs/install.md says', async () => {
    const cluster = await startCluster()
    const connection = ['--kubeconfig', kubeconfigOf(cluster), '-n', 'default']
    const run = (...args: readonly string[]) => runHelm(helm, ...args, ...connection)
    const named = ['relay', CHART, '--set', 'fullnameOverride=larger']
    const larger = [...named, '--set', 'persistence.size=20Gi']
    await run('install', ...named)
    await expect(run('upgrade', ...larger)).rejects.toThrow(/Forbidden: updates to statefulset/)
    const orphaned = ['delete', 'statefulset', 'larger', '-n', 'default', '--cascade=orphan']
    await kubectlOf(cluster)(...orphaned, '--wait=false')
    // The API server here has no garbage collector, which takes the finalizer away.
    const unfinished = ['patch', 'statefulset', 'larger', '-n', 'default', '--type=merge']
    await kubectlOf(cluster)(...unfinished, '-p', '{"metadata":{"finalizers":null}}')
    expect(await run('upgrade', ...larger)).toContain('STATUS: deployed')
  })
})
