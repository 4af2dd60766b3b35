import { readFileSync } from 'node:fs'
import { Alert } from '../../relay/model/alert.ts'
import { type Event, readableEvent } from '../../relay/model/event.ts'
import { Provider } from '../../relay/model/provider.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import { accept } from '../../relay/pipeline/accept.ts'
import { mergeMetadata } from '../../relay/pipeline/merge-metadata.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import type { HttpResponse, OutboundRequest } from '../../relay/ports/http.ts'
import type { HttpProvider, Notification, ProviderType } from '../../relay/providers/contract.ts'
import { parseProviderSettings, sensitiveValues } from '../../relay/providers/settings.ts'
import { type SettingsInput, settingsInput } from '../../relay/providers/settings-input.ts'

/** The events of test/fixtures/events, by file name. */
export type FixtureName =
  | 'gitrepository-new-artifact'
  | 'helmrelease-change-request'
  | 'helmrelease-upgrade-failed'
  | 'kustomization-applied'
  | 'kustomization-configured'
  | 'kustomization-finished'
  | 'kustomization-health-check-failed'

export const PROVIDER_UID = '0c9c2e41-d2f9-4f9b-9c41-bebc1984d67a'
export const ALERT_UID = '5d7e1c8a-0d0e-4d6c-9b0a-3f2f5b6f7a11'

export function fixtureJson(name: FixtureName): Record<string, unknown> {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/events/${name}.json`, import.meta.url), 'utf8'),
  )
}

/** An Event as `accept` makes it of a fixture; `changes` replace top-level JSON fields first. */
export function fixtureEvent(name: FixtureName, changes: Record<string, unknown> = {}): Event {
  const sender = { cluster: 'local', isNotificationController: false }
  const batch = accept(
    [{ value: { ...fixtureJson(name), ...changes } }],
    sender,
    0,
    createOrderTimes(),
  )
  const [accepted] = batch.events
  if (!accepted) throw new Error(`fixture ${name}: ${batch.rejected[0]?.error}`)
  return accepted.event
}

const plainAlert: Alert = {
  ...Alert.parse({
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Alert',
    metadata: { name: 'on-call-webapp', namespace: 'flux-system' },
    spec: { providerRef: { name: 'p' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
  }),
  metadata: { name: 'on-call-webapp', namespace: 'flux-system', uid: ALERT_UID },
  annotations: {},
  manifest: {},
}

/** A Notification as `prepare` makes it of a fixture and an Alert without metadata of its own. */
export function notificationOf(
  name: FixtureName,
  changes: Record<string, unknown> = {},
): Notification {
  const event = fixtureEvent(name, changes)
  const object = event.involvedObject
  return {
    cluster: 'local',
    event: readableEvent({ ...event, metadata: mergeMetadata(event, plainAlert).metadata }),
    authored: new Set(),
    alert: plainAlert.metadata,
    provider: { name: 'p', namespace: 'flux-system', uid: PROVIDER_UID },
    deliveryId: 'd'.repeat(64),
    triedAt: Date.parse(event.timestamp) + 1_000,
    late: false,
    overtaken: false,
    commitStatusContext:
      `${object.kind}/${object.name}/${PROVIDER_UID.split('-')[0]}`.toLowerCase(),
  }
}

type TypeSettings<S> = Pick<ProviderType<S>, 'type' | 'settings'>

/** The settings of a type from a Provider's spec and its Secret's keys. Throws `ProviderSettingsError`. */
export function settingsOf<S>(
  type: TypeSettings<S>,
  spec: Record<string, unknown>,
  secret: SecretData = {},
  annotations: Readonly<Record<string, string>> = {},
): S {
  return parseProviderSettings(type.settings, {
    ...inputOf(type.type, spec, secret),
    annotations,
  })
}

/** What is masked of a Provider's spec and its Secret's keys. */
export function secretsOf<S>(
  type: TypeSettings<S>,
  spec: Record<string, unknown>,
  secret: SecretData,
): readonly string[] {
  return sensitiveValues(type.settings, inputOf(type.type, spec, secret))
}

function inputOf(type: string, spec: Record<string, unknown>, secret: SecretData): SettingsInput {
  const provider: Provider = {
    ...Provider.parse({
      apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
      kind: 'Provider',
      metadata: { name: 'p', namespace: 'flux-system' },
      spec: { type, ...spec },
    }),
    metadata: { name: 'p', namespace: 'flux-system', uid: PROVIDER_UID },
    annotations: {},
    manifest: {},
  }
  return settingsInput(provider, secret)
}

/** The requests of a notification after `prepare` has shortened it to what the type takes. */
export function requestsOf<S>(
  type: HttpProvider<S>,
  notification: Notification,
  settings: S,
): readonly OutboundRequest[] {
  const event = type.fit?.(notification, settings) ?? notification.event
  return type.requests({ ...notification, event }, settings)
}

/** A request with its JSON body parsed, for comparison with a golden one. */
export function withJsonBody(request: OutboundRequest | undefined) {
  if (!request) throw new Error('no request was made')
  return { ...request, body: JSON.parse(String(request.body)) as unknown }
}

/** An answer for a type's `classify`. */
export function response(
  status: number,
  body = '',
  headers: Record<string, string> = {},
): HttpResponse {
  return { kind: 'response', status, headers, body, truncated: false, receivedAt: 0 }
}
