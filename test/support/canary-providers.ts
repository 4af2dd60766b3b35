import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { Canaries } from './canaries.ts'
import { takes } from './plain-provider.ts'
import { serviceAccountKey } from './service-account.ts'

/** All but what speaks a protocol of its own: test/redaction/nats.test.ts and email.test.ts. */
export const HTTP_TYPES = [...providerTypes.values()].filter(
  ({ type }) => type !== 'nats' && type !== 'email',
)

/** They send to one service, and nothing in a Provider leads elsewhere. */
export const FIXED_HOST_TYPES: ReadonlySet<string> = new Set([
  'azureeventhub',
  'eventbridge',
  'googlepubsub',
  'sns',
  'sqs',
])

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
  const { type, name, variant, path, others = {} } = target
  const place = `${type.type} ${variant}`
  const secret = { ...credentials(canaries, place, type, variant), ...target.secret }
  const address = addressFor(canaries, place, target)
  const inSecret: SecretData = variant === 'secret' ? { address: ` ${address}\n` } : {}
  const references = Object.keys(others).map((field) => [field, { name: `${name}-${field}` }])
  const spec = {
    type: type.type,
    channel: channelFor(canaries, place, target),
    ...(variant === 'inline' && { address }),
    secretRef: { name },
    ...Object.fromEntries(references),
    ...target.spec,
  }
  return {
    manifests: [object('Provider', name, spec), object('Alert', name, alertSpec(name, path))],
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

/** The summary carries the path to destinations whose own path is fixed. */
function alertSpec(provider: string, path: string) {
  return {
    summary: path,
    providerRef: { name: provider },
    eventSources: [{ kind: 'Kustomization', name: '*' }],
  }
}

/** Of the types that take no plain name. */
const CHANNELS: Readonly<Record<string, string>> = {
  telegram: '@general',
  zulip: 'general/alerts',
}

/** The routing key of PagerDuty is its credential, and Flux takes it from the channel. */
function channelFor(canaries: Canaries, place: string, target: CanaryTarget): string {
  const { type } = target.type
  if (type === 'googlepubsub') return target.path
  if (type === 'pagerduty') return canaries.plant(`${place} channel token`)
  return CHANNELS[type] ?? 'general'
}

/** In place of a token. */
const TAKES_PASSWORD = /^git(hub|lab|ea)|^bitbucketserver$/

const PREFERS_PAIR: ReadonlySet<string> = new Set(['alertmanager', 'nats', 'zulip'])

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
  if (type === 'googlepubsub') {
    return { ...common, token: serviceAccountKey({ private_key_id: plant('unused key id') }) }
  }
  if (type in ARNS) {
    return { ...common, accesskey: plant('access token'), secretkey: plant('unused password') }
  }
  // The connection string that is then the address is a credential by itself.
  if (variant === 'secret' && type === 'azureeventhub') return common
  if (variant === 'inline' && TAKES_PASSWORD.test(type)) {
    return { ...common, username: 'bot', password: plant('password') }
  }
  // One colon, since Bitbucket wants that.
  const token = `bot:${canaries.plant(`${place} token`, 'word')}`
  // A type that prefers the pair sends the password, all others the token.
  const password = plant(PREFERS_PAIR.has(type) ? 'password' : 'unused password')
  return { ...common, token, username: 'bot', password }
}

const ARNS: Readonly<Record<string, string>> = {
  eventbridge: 'arn:aws:events:eu-west-1:111122223333:event-bus/default',
  sns: 'arn:aws:sns:eu-west-1:111122223333:deployments',
  sqs: 'arn:aws:sqs:eu-west-1:111122223333:deployments',
}

const FORGES = /^(?:git|bitbucket|azuredevops)/

/** The first form of address that the type takes, with a canary in each part that can be secret. */
function addressFor(canaries: Canaries, place: string, target: CanaryTarget): string {
  const { type, origin, path } = target
  if (type.type === 'googlepubsub') return 'fleet-42'
  const arn = ARNS[type.type]
  if (arn !== undefined) return arn
  if (type.type === 'nats') return new URL(origin).host
  if (type.type === 'email') return `smtp://${new URL(origin).host}`
  if (type.type === 'azureeventhub') return hubAddress(canaries, place, target)
  const channel = channelFor(canaries, place, target)
  const plainSecret = { token: 'user:app-password', username: 'bot', password: 'app-password' }
  const plant = (what: string) => canaries.plant(`${place} ${what}`)
  const special = (what: string) =>
    encodeURIComponent(canaries.plant(`${place} ${what}`, 'special'))
  const { protocol, host } = new URL(origin)
  const asUser = (name: string, password: string) =>
    `${protocol}//${special(`address ${name}`)}:${special(`address ${password}`)}@${host}`
  const dsn = () => {
    const keys = `${plant('DSN key')}:${plant('DSN secret')}`
    return `${protocol}//${keys}@${host}/${path}/${plant('DSN path')}/42`
  }
  const candidates = [
    // A forge takes longer paths too, and what it takes of a path is no secret.
    ...(FORGES.test(type.type) ? [() => `${origin}/${path}/repository`] : []),
    () =>
      `${asUser('user', 'password')}/hooks/${path}/${plant('address path')}/${special('address path 2')}?key=${special('address query')}&id=7`,
    ...(type.type === 'sentry' ? [dsn] : []),
    // Flux takes the user info of a Git repository, and has no use for it.
    () => `${asUser('user', 'unused password')}/${path}/repository`,
    () => `${asUser('user', 'unused password')}/${path}/project/_git/repository`,
    () => `${asUser('user', 'unused password')}/scm/${path}/repository.git`,
  ]
  const address = candidates
    .map((make) => make())
    .find((address) => takes(type, { address, channel }, plainSecret))
  if (address === undefined) throw new Error(`${type.type} takes no address that is known here`)
  return address
}

function hubAddress(canaries: Canaries, place: string, { variant, path }: CanaryTarget): string {
  if (variant === 'inline') return path
  const plant = (what: string) => canaries.plant(`${place} ${what}`)
  const fields = {
    Endpoint: 'sb://fleet.servicebus.windows.net/',
    SharedAccessKeyName: plant('address key'),
    SharedAccessKey: plant('unused signing key'),
    EntityPath: path,
  }
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(';')
}
