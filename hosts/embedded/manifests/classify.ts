import { basename } from 'node:path'
import type { FieldError } from '../../../relay/model/errors.ts'
import {
  type KubernetesObject,
  NOTIFICATION_GROUP,
  NOTIFICATION_VERSIONS,
} from '../../../relay/model/kubernetes.ts'
import { RELAY_GROUP, SILENCE_VERSIONS } from '../../../relay/model/silence-object.ts'

export type LoadedKind = 'Alert' | 'Provider' | 'Silence' | 'Secret'

/** What an object is to the relay, or why that cannot be said. */
export type Classification = LoadedKind | 'List' | 'ignored' | 'receiver' | FieldError

/** Kinds of other groups and versions have the same names, and are someone else's. */
export function isIgnored(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion)
  switch (kind) {
    case 'Alert':
    case 'Provider':
      return apiVersion !== '' && group !== NOTIFICATION_GROUP
    case 'Silence':
      return apiVersion !== '' && group !== RELAY_GROUP
    case 'Secret':
      return apiVersion !== '' && apiVersion !== 'v1'
    case 'List':
      return false
    default:
      if (isEncryptedText(kind)) return false
      return group !== NOTIFICATION_GROUP && group !== RELAY_GROUP
  }
}

export function classify(file: string, object: KubernetesObject): Classification {
  const { apiVersion, kind } = object
  if (isReceiver(object)) return 'receiver'
  if (isEncrypted(object)) return classifyEncrypted(object)
  if (typeof kind !== 'string' || kind === '') {
    // The one file that Kubernetes tools take without a kind.
    if (!('apiVersion' in object) && /^kustomization\.ya?ml$/.test(basename(file))) return 'ignored'
    return { field: 'kind', message: 'expected a kind such as Alert' }
  }
  if (isIgnored(typeof apiVersion === 'string' ? apiVersion : '', kind)) return 'ignored'
  if (kind === 'List') return 'List'
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    return { field: 'apiVersion', message: `expected ${expectedVersions(kind)}` }
  }
  if (kind === 'Secret') return 'Secret'
  const group = groupOf(apiVersion)
  if (!isServedKind(kind) || group !== SERVED[kind].group) {
    const expected = group === RELAY_GROUP ? 'Silence' : 'Alert or Provider'
    return { field: 'kind', message: `${group} has no such kind; expected ${expected}` }
  }
  if (SERVED[kind].versions.some((version) => apiVersion === `${group}/${version}`)) return kind
  return {
    field: 'apiVersion',
    message: `this version of ${group} is not supported; expected ${expectedVersions(kind)}`,
  }
}

const FLUX = { group: NOTIFICATION_GROUP, versions: NOTIFICATION_VERSIONS } as const

/** The kinds that are configuration, with their groups and versions. */
const SERVED = {
  Alert: FLUX,
  Provider: FLUX,
  Silence: { group: RELAY_GROUP, versions: SILENCE_VERSIONS },
} as const

function isServedKind(kind: string): kind is keyof typeof SERVED {
  return Object.hasOwn(SERVED, kind)
}

/** The one kind of Flux's notification group that sends nothing: it takes the webhooks of others. */
function isReceiver({ apiVersion, kind }: KubernetesObject): boolean {
  return kind === 'Receiver' && groupOf(String(apiVersion)) === NOTIFICATION_GROUP
}

/** SOPS keeps its own data, with the MAC of the rest, in a key of each object that it encrypts. */
function isEncrypted({ sops, kind }: KubernetesObject): boolean {
  return (typeof sops === 'object' && sops !== null) || isEncryptedText(kind)
}

function isEncryptedText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('ENC[')
}

function classifyEncrypted({ apiVersion, kind }: KubernetesObject): Classification {
  const isOthers =
    typeof kind === 'string' && isIgnored(typeof apiVersion === 'string' ? apiVersion : '', kind)
  if (isOthers) return 'ignored'
  const message = 'is encrypted by SOPS; decrypt it first (sops decrypt FILE), then load the result'
  return { field: isEncryptedText(kind) ? 'kind' : '', message }
}

function expectedVersions(kind: string): string {
  if (kind === 'Secret') return 'v1'
  const { group, versions } = isServedKind(kind) ? SERVED[kind] : FLUX
  const [first, ...others] = versions
  return `${group}/${first}${others.length > 0 ? ` (or ${others.join(', ')})` : ''}`
}

function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0))
}
