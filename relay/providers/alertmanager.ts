import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { basicOrBearer, basicOrBearerFields } from './auth/basic-or-bearer.ts'
import { httpProvider } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { sortedMetadata, wholeSecondsTimestamp } from './messages/names.ts'
import { webhookAddress } from './settings.ts'

/**
 * The zero time of Go. Alertmanager takes it as absent, and ends the alert by `resolve_timeout`.
 */
const NO_TIME = '0001-01-01T00:00:00Z'

type Labels = Readonly<Record<string, string>>

const Settings = z
  .object({ address: webhookAddress(), ...basicOrBearerFields() })
  .transform(({ address, ...credentials }, context) => ({
    address,
    headers: basicOrBearer(credentials, 'Basic', context),
  }))
type Settings = z.infer<typeof Settings>

/**
 * Prometheus Alertmanager: each event is a firing alert.
 * https://prometheus.io/docs/alerting/latest/alerts_api/
 */
export const alertmanager = httpProvider<Settings>({
  type: 'alertmanager',
  family: 'incident',
  settings: Settings,
  requests: ({ event }, settings) => [alertRequest(event, labelsOf(event), settings)],
  fallback({ status }, { event }, settings) {
    const labels = labelsOf(event)
    const refused = Object.keys(labels).filter((name) => !CLASSIC_NAME.test(name))
    if (status !== 400 || refused.length === 0) return undefined
    return {
      requests: [alertRequest(event, classicLabels(labels), settings)],
      note: `answered with HTTP 400, and sent again with _ in the names of labels: ${refused.join(', ')}`,
    }
  },
  // Alerts of equal labels are one, and the last to come sets its annotations and its end.
  subject({ event }, { address }) {
    const labels = Object.entries(labelsOf(event)).sort(([a], [b]) => (a < b ? -1 : 1))
    return { key: JSON.stringify(['alertmanager', address, labels]) }
  },
  classify: classifyServiceAnswer,
})

function alertRequest(event: Event, labels: Labels, { address, headers }: Settings) {
  const alert = {
    status: 'firing',
    labels,
    annotations: annotationsOf(event),
    startsAt: wholeSecondsTimestamp(event),
    endsAt: NO_TIME,
  }
  return postJson(address, [alert], headers)
}

/**
 * The form of a classic label name. Before 0.27, and in its `classic-mode`, Alertmanager accepts no
 * other, and refuses the whole request for one:
 * https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
 */
const CLASSIC_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The labels with `_` for each character that a classic name cannot have. If two get the same name,
 * both are kept.
 */
function classicLabels(labels: Labels): Labels {
  const classic = new Map<string, string>()
  const isClassic = ([name]: readonly [string, string]) => CLASSIC_NAME.test(name)
  const entries = Object.entries(labels)
  const inOrder = [...entries.filter(isClassic), ...entries.filter((entry) => !isClassic(entry))]
  for (const [name, value] of inOrder) {
    const base = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
    let own = base
    for (let count = 2; classic.has(own); count += 1) own = `${base}_${count}`
    classic.set(own, value)
  }
  return Object.fromEntries(classic)
}

/**
 * The labels of an event, with metadata keys as they are: names such as `app-version` are valid
 * since Alertmanager 0.27. https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
 */
function labelsOf(event: Event): Labels {
  const { kind, namespace, name } = event.involvedObject
  return {
    ...Object.fromEntries(sortedMetadata(event).filter(([key]) => key !== 'summary')),
    alertname: `Flux${kind}${titleCase(event.reason)}`,
    severity: event.severity,
    reason: event.reason,
    kind,
    name,
    namespace,
    reportingcontroller: event.reportingController,
  }
}

function annotationsOf({ message, metadata: { summary } }: Event) {
  return { message, ...(summary === undefined ? {} : { summary }) }
}

/** The text in title case: `HealthCheckFailed` becomes `Healthcheckfailed`. */
function titleCase(text: string): string {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('').toLowerCase()
}
