import { isJsonObject, type JsonObject } from '../model/json-value.ts'
import { readYamlObject } from '../model/yaml-object.ts'
import { reconcile } from '../pipeline/reconcile.ts'
import type { Clock } from '../ports/clock.ts'
import { type Answer, problemAnswer } from './answer.ts'
import { explain } from './explain.ts'
import { MAX_NESTING, nestsDeeperThan, parseJson } from './json.ts'
import { problem } from './problem.ts'

/** The types whose messages are shown, each with an address of the form that it has. */
const ADDRESSES = {
  slack: 'https://hooks.slack.com/services/T000/B000/preview',
  msteams: 'https://preview.webhook.example/workflows/preview',
  discord: 'https://discord.com/api/webhooks/0/preview',
  generic: 'https://preview.example/hook',
}

/**
 * The longest text of an Alert, in UTF-16 units. The YAML library compares each key of a map with all
 * others, so a text of 64 KiB would keep the whole process busy for seconds.
 */
const MAX_ALERT_LENGTH = 16 * 1024

/** What to preview. */
export interface PreviewRequest {
  readonly cluster: string
  /** The event as JSON. */
  readonly event: string
  /** An Alert as YAML or JSON; empty for one that takes every event of the object's kind. */
  readonly alert: string
}

/**
 * Says what an Alert does with an event for a Provider of each previewed type, with the messages that it
 * makes: 200 as `POST /v1/explain` with a verdict for each, or 400 for an event or Alert that is not
 * valid. Nothing is sent, kept, or read from a store.
 */
export async function previewMessages(
  { cluster, event, alert }: PreviewRequest,
  clock: Clock,
): Promise<Answer> {
  const json = parseJson(event)
  if ('error' in json) return notValid(`event: ${json.error}`)
  const { value: parsed } = json
  if (!isJsonObject(parsed)) return notValid('event: expected one JSON object')
  // What nests thousands of levels deep can be read, and not be written again.
  if (nestsDeeperThan(parsed, MAX_NESTING)) {
    return notValid(`event: expected at most ${MAX_NESTING} levels of nesting`)
  }
  if (alert.length > MAX_ALERT_LENGTH) {
    return notValid(`alert: expected at most ${MAX_ALERT_LENGTH} characters`)
  }
  const read = alert.trim() === '' ? { object: alertOfAll(parsed) } : readYamlObject(alert)
  if ('error' in read) return notValid(`alert: ${read.error}`)
  if (read.object.kind !== 'Alert') return notValid('alert: expected an object of kind Alert')
  const manifests = Object.entries(ADDRESSES).flatMap(([type, address]) =>
    objectsFor({ type, address }, read.object),
  )
  const secrets = { read: async () => undefined }
  const snapshot = await reconcile(cluster, manifests, 0, secrets)
  const configs = {
    read: async () => snapshot,
    replace: () => Promise.reject(new Error('a preview stores nothing')),
  }
  const body = new TextEncoder().encode(JSON.stringify({ cluster, event: parsed }))
  return explain({ configs, secrets, clock }, { body }, { noCrossNamespaceRefs: false })
}

function notValid(detail: string): Answer {
  return problemAnswer(problem('not-valid', detail))
}

/** The Alert, pointed at a Provider of this type and address, and that Provider. */
function objectsFor(
  provider: { readonly type: string; readonly address: string },
  alert: JsonObject,
) {
  const { type } = provider
  const { namespace = 'default', name = 'alert' } = Object(alert.metadata) as JsonObject
  const metadata = { name: type, namespace }
  const { apiVersion = 'notification.toolkit.fluxcd.io/v1beta3' } = alert
  const spec = { ...Object(alert.spec), providerRef: { name: type } }
  return [
    { apiVersion, kind: 'Provider', metadata, spec: provider },
    {
      ...alert,
      apiVersion,
      metadata: { ...Object(alert.metadata), namespace, name: `${name}-${type}` },
      spec,
    },
  ]
}

function alertOfAll(event: JsonObject): JsonObject {
  const { kind, namespace } = Object(event.involvedObject) as JsonObject
  const source = { kind, name: '*', ...(typeof namespace === 'string' && { namespace }) }
  return {
    kind: 'Alert',
    metadata: { name: 'preview', namespace: 'flux-system' },
    spec: { eventSources: [source] },
  }
}
