import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { shipCommand } from '../../cli/ship.ts'
import { projectPath } from '../../docs/generate/project.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { Manifest } from '../support/kubernetes/api-object.ts'
import { hasKubectl, kustomize } from '../support/kustomize.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LABEL = { 'app.kubernetes.io/name': 'flux-relay-shipper' }

function objectOf(objects: readonly Manifest[], kind: string): Manifest {
  const found = objects.filter((object) => object.kind === kind)
  const [object] = found
  if (object === undefined || found.length > 1) throw new Error(`${found.length} of ${kind}`)
  return object
}

/** The arguments of the shipper's container, with what the ConfigMap gives. */
function argumentsOf(objects: readonly Manifest[]): readonly string[] {
  const { data } = objectOf(objects, 'ConfigMap') as unknown as { data: Record<string, string> }
  return container(objects).args.map((arg) =>
    arg.replace(/\$\((\w+)\)/g, (reference, name: string) => data[name] ?? reference),
  )
}

interface Container {
  readonly args: readonly string[]
  readonly image: string
  readonly env: readonly unknown[]
}

function container(objects: readonly Manifest[]) {
  const { spec } = objectOf(objects, 'StatefulSet') as unknown as {
    spec: { template: { spec: { containers: readonly Container[] } } }
  }
  const [only] = spec.template.spec.containers
  if (only === undefined) throw new Error('there is no container')
  return only
}

/** A kustomization as a user writes it, in a folder of its own. */
function userKustomization(parts: Readonly<Record<string, unknown>>): string {
  const folder = temporaryDirectory()
  const file = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(folder, projectPath('deploy/base'))],
    ...parts,
  }
  writeFileSync(join(folder, 'kustomization.yaml'), stringify(file))
  return folder
}

const component = (folder: string, name: string) =>
  relative(folder, projectPath(`deploy/components/${name}`))

if (!hasKubectl) process.stderr.write('no kubectl here: the kustomizations are not built\n')

describe.skipIf(!hasKubectl)('the kustomization of the shipper', async () => {
  const base = hasKubectl ? await kustomize('deploy/base') : []

  it('holds what one shipper needs, in the namespace of Flux', () => {
    const names = base.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])
    const namespaced = (kind: string) => [kind, 'flux-relay-shipper', 'flux-system']
    expect(names).toEqual([
      namespaced('ServiceAccount'),
      ['ClusterRole', 'flux-relay-shipper', undefined],
      ['ClusterRoleBinding', 'flux-relay-shipper', undefined],
      ['ConfigMap', expect.stringMatching(/^flux-relay-shipper-/), 'flux-system'],
      namespaced('Service'),
      namespaced('StatefulSet'),
      namespaced('NetworkPolicy'),
    ])
  })

  it('runs one pod with no rights on its node', () => {
    expect(objectOf(base, 'StatefulSet').spec).toMatchObject({
      replicas: 1,
      selector: { matchLabels: LABEL },
      template: {
        metadata: { labels: LABEL },
        spec: {
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              image: `flux-relay-shipper:${manifest.version}`,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    })
  })

  it('sends no token anywhere until it is told the relay', () => {
    expect(argumentsOf(base)).toEqual([
      '--relay=',
      '--cluster=',
      '--token-file=/var/run/secrets/flux-relay/token',
      '--data=/data',
      '--host=::',
    ])
  })

  it('leads port 80 to the pod, and admits the controllers and a labelled Prometheus only', () => {
    expect(objectOf(base, 'Service').spec).toEqual({
      selector: LABEL,
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    })
    const policy = objectOf(base, 'NetworkPolicy')
    expect(policy.spec).toMatchObject({
      podSelector: { matchLabels: LABEL },
      policyTypes: ['Ingress', 'Egress'],
    })
    const { ingress } = policy.spec as { ingress: unknown }
    expect(ingress).toEqual([
      {
        ports: [{ port: 'http' }],
        from: [
          { podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'flux' } } },
          {
            podSelector: {
              matchExpressions: [
                {
                  key: 'app',
                  operator: 'In',
                  values: expect.arrayContaining(['source-controller', 'kustomize-controller']),
                },
              ],
            },
          },
          {
            namespaceSelector: { matchLabels: { 'flux-relay-scraping': 'allowed' } },
            podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
          },
        ],
      },
    ])
  })

  it('takes settings and both components from a kustomization of the user', async () => {
    const folder = userKustomization({
      images: [{ name: 'flux-relay-shipper', newName: 'registry.example/ship', newTag: 'v7' }],
      configMapGenerator: [
        {
          name: 'flux-relay-shipper',
          namespace: 'flux-system',
          behavior: 'merge',
          literals: [
            'RELAY_URL=https://relay.example.com',
            'CLUSTER=prod',
            'SECRET_PREFIX=flux-relay/test',
          ],
        },
      ],
    })
    const file = join(folder, 'kustomization.yaml')
    const components = ['sync-secrets', 'watch-events'].map((name) => component(folder, name))
    writeFileSync(file, stringify({ components }), { flag: 'a' })
    const objects = await kustomize(folder)
    expect(container(objects).image).toBe('registry.example/ship:v7')
    expect(argumentsOf(objects)).toEqual([
      '--relay=https://relay.example.com',
      '--cluster=prod',
      '--token-file=/var/run/secrets/flux-relay/token',
      '--data=/data',
      '--host=::',
      '--sync-secrets',
      '--secret-prefix=flux-relay/test',
      '--state-table=',
      expect.stringMatching(/^--watch-events=Kustomization,HelmRelease,/),
    ])
  })

  it('gives no option that the shipper does not have', async () => {
    const known = shipCommand().options.map(({ long }) => long)
    const overlays = ['sync-secrets', 'watch-events'].map((name) => `deploy/overlays/${name}`)
    for (const objects of [base, ...(await Promise.all(overlays.map(kustomize)))]) {
      const given = argumentsOf(objects).map((arg) => arg.replace(/=.*/, ''))
      expect(given.filter((option) => !known.includes(option))).toEqual([])
    }
  })

  it('gives the ServiceAccount a role of AWS where Secrets are synced', async () => {
    const objects = await kustomize('deploy/overlays/sync-secrets')
    expect(objectOf(objects, 'ServiceAccount').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': expect.stringMatching(/^arn:aws:iam::\d{12}:role\//),
    })
    expect(argumentsOf(objects)).toContain('--sync-secrets')
  })

  it('names the region of AWS in `env`, where EKS would set that of the cluster', async () => {
    const objects = await kustomize('deploy/overlays/sync-secrets')
    const { name } = objectOf(objects, 'ConfigMap').metadata
    expect(container(objects).env).toContainEqual({
      name: 'AWS_REGION',
      valueFrom: { configMapKeyRef: { name, key: 'AWS_REGION', optional: true } },
    })
  })
})
