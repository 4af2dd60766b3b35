import { readFileSync } from 'node:fs'
import { describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { projectPath } from '../../docs/generate/project.ts'
import { CHART, chartObjects, renderChart, runHelm } from '../support/chart.ts'
import type { Manifest } from '../support/kubernetes/api-object.ts'
import { hasKubectl, kustomize } from '../support/kustomize.ts'

const helm = inject('helm')

function specOf(objects: readonly Manifest[], kind: string): Readonly<Record<string, unknown>> {
  const found = objects.filter((object) => object.kind === kind)
  expect(found).toHaveLength(1)
  return found[0]?.spec as Readonly<Record<string, unknown>>
}

interface PodSpec {
  readonly containers: readonly [
    { readonly args: readonly string[]; readonly imagePullPolicy?: string },
  ]
  readonly volumes: readonly { readonly name: string }[]
}

function podOf(objects: readonly Manifest[]): PodSpec {
  const { template } = specOf(objects, 'StatefulSet') as { template: { spec: PodSpec } }
  return template.spec
}

/** Without labels, of which each tool adds its own. */
function claimsOf(objects: readonly Manifest[]): readonly unknown[] {
  const { volumeClaimTemplates } = specOf(objects, 'StatefulSet') as {
    readonly volumeClaimTemplates: readonly Manifest[]
  }
  return volumeClaimTemplates.map(({ metadata, spec }) => [metadata.name, spec])
}

describe.skipIf(helm === '')('the chart', () => {
  it('has nothing that Helm warns of', async () => {
    const said = await runHelm(helm, 'lint', '--strict', CHART)
    expect(said).toContain('1 chart(s) linted, 0 chart(s) failed')
    expect(said).not.toMatch(/WARNING|ERROR/)
  })

  it.skipIf(!hasKubectl)('makes the pod, volume and Service of the kustomization', async () => {
    const [chart, base] = [await chartObjects(helm), await kustomize('deploy/relay')]
    expect(chart.map(({ kind, metadata }) => [kind, metadata.name]).toSorted()).toEqual(
      base.map(({ kind, metadata }) => [kind, metadata.name]).toSorted(),
    )
    const pod = podOf(chart)
    const [{ imagePullPolicy, ...container }] = pod.containers
    expect(imagePullPolicy).toBe('IfNotPresent')
    expect({ ...pod, containers: [container] }).toEqual(podOf(base))
    for (const part of ['replicas', 'podManagementPolicy', 'serviceName']) {
      expect(specOf(chart, 'StatefulSet')[part]).toEqual(specOf(base, 'StatefulSet')[part])
    }
    expect(claimsOf(chart)).toEqual(claimsOf(base))
    expect(specOf(chart, 'Service').ports).toEqual(specOf(base, 'Service').ports)
    const tokens = (objects: readonly Manifest[]) =>
      objects.find(({ kind }) => kind === 'ServiceAccount')?.automountServiceAccountToken
    expect([tokens(chart), tokens(base)]).toEqual([false, false])
  })

  it('takes manifests, a claim that is there, and further options', async () => {
    const pod = podOf(
      await chartObjects(helm, {
        'manifests.configMap': 'my-alerts',
        'manifests.cluster': 'prod',
        'persistence.existingClaim': 'my-claim',
        extraArgs: ['--rate-limit-interval=10m'],
        'image.tag': 'v7',
      }),
    )
    expect(pod.containers[0]).toMatchObject({ image: 'flux-relay:v7' })
    expect(pod.containers[0].args.slice(-3)).toEqual([
      '--manifests=/etc/flux-relay-manifests',
      '--cluster=prod',
      '--rate-limit-interval=10m',
    ])
    expect(pod.volumes).toEqual([
      expect.objectContaining({ name: 'tokens' }),
      { name: 'manifests', configMap: { name: 'my-alerts' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'my-claim' } },
    ])
  })

  it('gives Prometheus and Grafana what the project ships', async () => {
    const objects = await chartObjects(helm, {
      'serviceMonitor.enabled': true,
      'prometheusRule.enabled': true,
      'prometheusRule.runbookUrlPrefix': 'https://git.example/',
      'dashboard.enabled': true,
    })
    const rules = readFileSync(projectPath('deploy/monitoring/rules.yaml'), 'utf8')
    expect(specOf(objects, 'PrometheusRule')).toEqual(
      parse(rules.replaceAll('runbook_url: docs/', 'runbook_url: https://git.example/docs/')),
    )
    const json = readFileSync(projectPath('deploy/monitoring/dashboard.json'), 'utf8')
    const dashboard = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as {
      readonly metadata: { readonly labels: unknown }
      readonly data: Readonly<Record<string, string>>
    }
    expect(JSON.parse(dashboard.data['flux-relay.json'] ?? '')).toEqual(JSON.parse(json))
    expect(dashboard.metadata.labels).toMatchObject({ grafana_dashboard: '1' })
    const { selector } = specOf(objects, 'ServiceMonitor') as { selector: { matchLabels: object } }
    const service = objects.find(({ kind }) => kind === 'Service')
    expect(service?.metadata.labels).toMatchObject(selector.matchLabels)
  })

  it('keeps others from the relay where that is wanted', async () => {
    const from = [{ namespaceSelector: { matchLabels: { name: 'flux-system' } } }]
    const own = await chartObjects(helm, { 'networkPolicy.enabled': true })
    expect(specOf(own, 'NetworkPolicy').ingress).toEqual([
      { ports: [{ port: 'http' }], from: [{ podSelector: {} }] },
    ])
    const others = await chartObjects(helm, { networkPolicy: { enabled: true, from } })
    expect(specOf(others, 'NetworkPolicy').ingress).toEqual([{ ports: [{ port: 'http' }], from }])
  })

  it.each([
    ['replicas', { replicas: 2 }],
    ['tokensSecret', { tokensSecret: '' }],
    ['cluster', { manifests: { configMap: 'a', cluster: 'Not_A_Label' } }],
    ['size', { 'persistence.size': 'much' }],
    ['extraArgs', { extraArgs: ['port=1'] }],
    ['repository', { 'image.repository': '' }],
    ['interval', { 'serviceMonitor.interval': 30 }],
  ])('refuses a wrong value of %s', async (name, values) => {
    await expect(renderChart(helm, values)).rejects.toThrow(name)
  })
})
