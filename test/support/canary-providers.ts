import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import type { Canaries } from './canaries.ts'
import { takes } from './plain-provider.ts'

/** Where the parts of a Provider's configuration come from. */
export type CanaryVariant =
  /** The address is in the Secret, beside a token. */
  | 'secret'
  /** The address is in the spec; a password serves as token where it can. */
  | 'inline'

/** A Provider, its Alert and its Secrets, with a canary wherever a secret can be. */
export interface CanaryProvider {
  readonly manifests: readonly KubernetesObject[]
  /** By name. */
  readonly secrets: ReadonlyMap<string, SecretData>
}

export interface CanaryTarget {
  readonly type: ProviderType
  readonly name: string
  readonly variant: CanaryVariant
  /** Such as `http://127.0.0.1:8080`. */
  readonly origin: string
  /** A part of the path, for the destination to tell requests apart. */
  readonly path: string
  readonly spec?: Readonly<Record<string, unknown>>
  /** More keys of the Secret. */
  readonly secret?: SecretData
  /** Further Secrets, by the field of the spec that names them. */
  readonly others?: Readonly<Record<string, SecretData>>
}

export function canaryProvider(canaries: Canaries, target: CanaryTarget): CanaryProvider {
  const { type, name, variant, others = {} } = target
  const place = `${type.type} ${variant}`
  const secret = { ...credentials(canaries, place, type, variant), ...target.secret }
  const address = addressFor(canaries, place, target)
  const inSecret: SecretData = variant === 'secret' ? { address: ` ${address}\n` } : {}
  const references = Object.keys(others).map((field) => [field, { name: `${name}-${field}` }])
  const spec = {
    type: type.type,
    channel: 'general',
    ...(variant === 'inline' && { address }),
    secretRef: { name },
    ...Object.fromEntries(references),
    ...target.spec,
  }
  return {
    manifests: [object('Provider', name, spec), object('Alert', name, alertSpec(name))],
    secrets: new Map([
      [name, { ...secret, ...inSecret }],
      ...Object.entries(others).map(([field, data]) => [`${name}-${field}`, data] as const),
    ]),
  }
}

function object(kind: string, name: string, spec: unknown): KubernetesObject {
  const metadata = { name, namespace: 'flux-system' }
  return { apiVersion: 'notification.toolkit.fluxcd.io/v1beta3', kind, metadata, spec }
}

function alertSpec(provider: string) {
  return {
    providerRef: { name: provider },
    eventSources: [{ kind: 'Kustomization', name: '*' }],
  }
}

function credentials(
  canaries: Canaries,
  place: string,
  { type }: ProviderType,
  variant: CanaryVariant,
): SecretData {
  const plant = (what: string) => canaries.plant(`${place} ${what}`)
  const headers = {
    Authorization: `Bearer ${plant('headers bearer')}`,
    'X-Basic': `Basic ${btoa(`bot:${canaries.plant(`${place} headers basic`, 'word')}`)}`,
    Cookie: `session=${plant('headers cookie')}; theme=dark`,
    'X-Key': plant('headers key'),
  }
  const text = Object.entries(headers).map(([name, value]) => `${name}: '${value}'`)
  const common = { headers: text.join('\n'), other: plant('other key') }
  if (variant === 'inline' && (type === 'github' || type === 'gitlab')) {
    return { ...common, username: 'bot', password: plant('password') }
  }
  // One colon, since Bitbucket wants that.
  const token = `bot:${canaries.plant(`${place} token`, 'word')}`
  return { ...common, token, username: 'bot', password: plant('unused password') }
}

/** The first form of address that the type takes, with a canary in each part that can be secret. */
function addressFor(canaries: Canaries, place: string, target: CanaryTarget): string {
  const { type, origin, path } = target
  const plant = (what: string) => canaries.plant(`${place} ${what}`)
  const special = (what: string) =>
    encodeURIComponent(canaries.plant(`${place} ${what}`, 'special'))
  const candidates = [
    () =>
      `${origin}/hooks/${path}/${plant('address path')}/${special('address path 2')}?key=${special('address query')}&id=7`,
    () => {
      const { protocol, host } = new URL(origin)
      const keys = `${plant('DSN key')}:${plant('DSN secret')}`
      return `${protocol}//${keys}@${host}/${path}/${plant('DSN path')}/42`
    },
    () => `${origin}/${path}/repository`,
    () => `${origin}/${path}/project/_git/repository`,
  ]
  const address = candidates
    .map((make) => make())
    .find((address) => takes(type, { address, channel: 'x' }, { token: 'user:app-password' }))
  if (address === undefined) throw new Error(`${type.type} takes no address that is known here`)
  return address
}
