import { writeFileSync } from 'node:fs'
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

/** Writes the manifests of the cluster `local`. `ca` vouches for the sink of the Provider `later`. */
export function writeManifests(folder: string, sinks: SinkAddresses, ca: string): void {
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
    secret('forge', { token: 'ghp_crash_test' }),
  ]
  const documents = objects.map((object) => JSON.stringify(object, undefined, 2))
  writeFileSync(join(folder, 'crash.yaml'), documents.join('\n---\n'))
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
