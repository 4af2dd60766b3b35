import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  LATER_TRUSTED_OBJECT,
  NEVER_TRUSTED_OBJECT,
  QUIET,
  RULED,
  RULED_OBJECTS,
  SHARED_CONTEXT,
  SHARED_OBJECTS,
} from './routes.ts'

/** Where the sinks listen. */
export interface SinkAddresses {
  readonly hooks: string
  readonly chat: string
  readonly forge: string
  readonly vault: string
}

const API = 'notification.toolkit.fluxcd.io/v1beta3'

/** Bounds an attempt, in real time whatever the relay's clock says. */
export const TIMEOUT_MS = 1_000

/** What a person changes in the manifests, without wanting anything else of them. */
export interface ManifestEdit {
  /** Stands in an annotation of each Alert and Provider; absent: none. */
  readonly note?: string
  /** Sinks that have moved. */
  readonly moved: Partial<Pick<SinkAddresses, 'hooks' | 'chat'>>
  /** Whether the token of the forge is there: without it, statuses wait. */
  readonly hasForgeSecret: boolean
}

export const AS_WRITTEN: ManifestEdit = { moved: {}, hasForgeSecret: true }

/**
 * Writes the manifests of the cluster `local`, all at once. `ca` vouches for the sink of the Provider `later`.
 */
export function writeManifests(
  folder: string,
  addresses: SinkAddresses,
  ca: string,
  { note, moved, hasForgeSecret }: ManifestEdit = AS_WRITTEN,
): void {
  const sinks = { ...addresses, ...moved }
  const objects = [
    ...pair('hooks', { type: 'generic', address: `${sinks.hooks}/hooks` }),
    ...pair('errors', { type: 'generic', address: `${sinks.hooks}/errors` }, { severity: 'error' }),
    ...pair('chat', { type: 'slack', address: `${sinks.chat}/chat` }, { exclusionList: [QUIET] }),
    ...Object.entries(RULED).flatMap(([name, rules]) =>
      pair(
        name,
        { type: 'slack', address: `${sinks.chat}/${name}` },
        { objects: RULED_OBJECTS, rules },
      ),
    ),
    ...pair('statuses', forge(sinks)),
    ...pair(
      'shared',
      { ...forge(sinks), commitStatusExpr: `'${SHARED_CONTEXT}'` },
      { objects: SHARED_OBJECTS },
    ),
    ...pair(
      'later',
      { type: 'generic', address: `${sinks.vault}/later`, certSecretRef: { name: 'ca' } },
      { objects: [LATER_TRUSTED_OBJECT] },
    ),
    ...pair(
      'never',
      { type: 'generic', address: `${sinks.vault}/never` },
      { objects: [NEVER_TRUSTED_OBJECT] },
    ),
    secret('ca', { 'ca.crt': ca }),
    ...(hasForgeSecret ? [secret('forge', { token: 'ghp_crash_test' })] : []),
  ]
  const noted = note === undefined ? objects : objects.map((object) => withNote(object, note))
  const documents = noted.map((object) => JSON.stringify(object, undefined, 2))
  const written = join(folder, 'crash.new')
  writeFileSync(written, documents.join('\n---\n'))
  renameSync(written, join(folder, 'crash.yaml'))
}

function withNote(
  object: ReturnType<typeof pair>[number] | ReturnType<typeof secret>,
  note: string,
) {
  const { metadata } = object
  const annotations = { ...('annotations' in metadata && metadata.annotations), note }
  return { ...object, metadata: { ...metadata, annotations } }
}

/** Gives the cluster `edge` its configuration, as a shipper does. */
export async function putEdgeConfig(
  url: string,
  sinks: SinkAddresses,
  takenAt: number,
): Promise<void> {
  const [provider, alert] = pair('edge', { type: 'generic', address: `${sinks.hooks}/edge` })
  const answer = await fetch(`${url}/v1/clusters/edge/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      takenAt: new Date(takenAt).toISOString(),
      alerts: [alert],
      providers: [provider],
    }),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`PUT config: ${answer.status} ${text}`)
}

function forge(sinks: SinkAddresses) {
  return {
    type: 'github',
    address: `${sinks.forge}/example/fleet`,
    secretRef: { name: 'forge' },
  }
}

interface AlertChanges {
  readonly severity?: string
  readonly objects?: readonly string[]
  readonly exclusionList?: readonly string[]
  /** Annotations of the relay, without their prefix. */
  readonly rules?: Readonly<Record<string, string>>
}

/** A Provider and its Alert, both of this name. */
function pair(name: string, spec: object, changes: AlertChanges = {}) {
  const { severity = 'info', objects = ['*'], exclusionList = [], rules = {} } = changes
  const annotations = Object.fromEntries(
    Object.entries(rules).map(([key, value]) => [`flux-relay.io/${key}`, value]),
  )
  // The default context of a commit status ends in the first part of the Provider's UID.
  const metadata = { name, namespace: 'flux-system', uid: name }
  return [
    {
      apiVersion: API,
      kind: 'Provider',
      metadata,
      spec: { timeout: `${TIMEOUT_MS / 1_000}s`, ...spec },
    },
    {
      apiVersion: API,
      kind: 'Alert',
      metadata: { ...metadata, uid: `alert-${name}`, annotations },
      spec: {
        providerRef: { name },
        eventSeverity: severity,
        eventSources: objects.map((object) => ({ kind: 'Kustomization', name: object })),
        exclusionList,
      },
    },
  ]
}

function secret(name: string, stringData: Readonly<Record<string, string>>) {
  const metadata = { name, namespace: 'flux-system' }
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData }
}
