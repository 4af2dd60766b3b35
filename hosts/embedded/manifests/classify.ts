import { basename } from 'node:path'
import type { FieldError } from '../../../relay/model/errors.ts'
import {
  type KubernetesObject,
  NOTIFICATION_GROUP,
  NOTIFICATION_VERSIONS,
} from '../../../relay/model/kubernetes.ts'
import { nearestName } from '../../../relay/model/nearest-name.ts'
import { RELAY_GROUP, SILENCE_VERSIONS } from '../../../relay/model/silence-object.ts'

export type LoadedKind = 'Alert' | 'Provider' | 'Silence' | 'Secret'

/** What an object is to the relay, or why that cannot be said. */
export type Classification = LoadedKind | 'List' | 'ignored' | 'receiver' | FieldError

const OWN_GROUPS: readonly string[] = [NOTIFICATION_GROUP, RELAY_GROUP]

/**
 * Kinds of other groups have the same names, and are someone else's. A typing error in a group makes an
 * object nobody's: no other group is called so, and without a group there are only the kinds of
 * Kubernetes itself.
 */
export function isIgnored(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion)
  switch (kind) {
    case 'Alert':
    case 'Provider':
    case 'Silence':
      return group !== '' && nearestName(group, OWN_GROUPS) === undefined
    case 'Secret':
      return group !== ''
    case 'List':
      return false
    default:
      if (isEncryptedText(kind) || OWN_GROUPS.includes(group)) return false
      return group !== '' || meantKind(kind) === undefined
  }
}

/** The kind that was meant where the case is another one or it is in the plural, such as by `secret`. */
function meantKind(kind: string): string | undefined {
  const singular = kind.toLowerCase().replace(/s$/, '')
  return [...Object.keys(SERVED), 'Secret', 'List'].find((it) => it.toLowerCase() === singular)
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
  const version = typeof apiVersion === 'string' ? apiVersion : ''
  if (isIgnored(version, kind)) return 'ignored'
  if (kind === 'List') return 'List'
  const group = groupOf(version)
  if (kind === 'Secret') {
    return version === 'v1' ? 'Secret' : { field: 'apiVersion', message: 'expected v1' }
  }
  if (!isServedKind(kind)) {
    if (group === '') return { field: 'kind', message: `expected ${meantKind(kind)}` }
    const expected = group === RELAY_GROUP ? 'Silence' : 'Alert or Provider'
    return { field: 'kind', message: `${group} has no such kind; expected ${expected}` }
  }
  if (group !== SERVED[kind].group) {
    return { field: 'apiVersion', message: `expected ${expectedVersions(kind)}` }
  }
  if (SERVED[kind].versions.some((served) => version === `${group}/${served}`)) return kind
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

function expectedVersions(kind: keyof typeof SERVED): string {
  const { group, versions } = SERVED[kind]
  const [first, ...others] = versions
  return `${group}/${first}${others.length > 0 ? ` (or ${others.join(', ')})` : ''}`
}

function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0))
}
