import { providerTypes } from '../../relay/providers/registry.ts'
import { plainProvider } from './plain-provider.ts'
import { alert, answer, CLUSTER, createHarness, provider } from './relay-harness.ts'

export const SHA1 = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
export const SHA256 = '4c1fa035d4aae178df9d292b34d587bb4c05f7092e2e1da97aaeb84169c10e1a'
export const COMMIT_TYPES = [...providerTypes.values()].filter(
  ({ family }) => family === 'commit-status',
)

const GROUPS: Readonly<Record<string, string>> = {
  Kustomization: 'kustomize.toolkit.fluxcd.io',
  HelmRelease: 'helm.toolkit.fluxcd.io',
  GitRepository: 'source.toolkit.fluxcd.io',
  OCIRepository: 'source.toolkit.fluxcd.io',
  HelmRepository: 'source.toolkit.fluxcd.io',
  HelmChart: 'source.toolkit.fluxcd.io',
  Bucket: 'source.toolkit.fluxcd.io',
  ImagePolicy: 'image.toolkit.fluxcd.io',
  ImageUpdateAutomation: 'image.toolkit.fluxcd.io',
}

export interface Told {
  readonly kind: string
  readonly reason: string
  readonly severity?: string
  /** Without prefix: of the object's group. */
  readonly metadata?: Readonly<Record<string, string>>
  /** `event.toolkit.fluxcd.io/commit`. */
  readonly commit?: string
}

export function eventJson({ kind, reason, severity = 'info', metadata = {}, commit }: Told) {
  const group = GROUPS[kind]
  const own = Object.entries(metadata).map(([key, value]) => [`${group}/${key}`, value])
  return {
    involvedObject: { kind, namespace: 'flux-system', name: 'web', apiVersion: `${group}/v1` },
    severity,
    reason,
    message: `${kind} ${reason}`,
    metadata: {
      ...Object.fromEntries(own),
      ...(commit !== undefined && { 'event.toolkit.fluxcd.io/commit': commit }),
    },
  }
}

/** One Provider and Alert for each of these types. */
export async function forTypes(types: readonly string[], spec: Record<string, unknown> = {}) {
  const harness = createHarness()
  harness.answerWith(() => answer(201, { 'content-type': 'application/json' }, '{}'))
  const sources = Object.keys(GROUPS).map((kind) => ({ kind, name: '*' }))
  const manifests = types.flatMap((name) => {
    const type = providerTypes.get(name)
    if (!type) throw new Error(`no type ${name}`)
    const plain = plainProvider(type)
    harness.secrets.set(`${CLUSTER}/flux-system/${name}`, plain.secret)
    return [
      provider(name, { ...plain.spec, secretRef: { name } }),
      alert(name, name, { eventSources: sources, ...spec }),
    ]
  })
  await harness.configure(...manifests)
  return harness
}

/** What became of one event at each type, by the type. */
export async function verdicts(told: Told, types = COMMIT_TYPES.map(({ type }) => type)) {
  const harness = await forTypes(types)
  await harness.sendJson(eventJson(told))
  await harness.drain()
  const records = await harness.records()
  const shown = records.map(({ alert: { name = '' } = {}, outcome, reason }) => [
    name,
    outcome === 'delivered' ? outcome : `${outcome}: ${reason}`,
  ])
  return { harness, shown: new Map(shown as [string, string][]) }
}

export const allOf = (text: unknown) => new Map(COMMIT_TYPES.map(({ type }) => [type, text]))
