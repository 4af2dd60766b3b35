import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { httpProvider } from './contract.ts'
import { basicOrBearer, basicOrBearerFields } from './formats/basic-or-bearer.ts'
import { postJson } from './formats/json-request.ts'
import { sortedMetadata, wholeSecondsTimestamp } from './formats/names.ts'
import { classifyServiceAnswer } from './formats/service-answer.ts'
import { webhookAddress } from './settings.ts'

/** The zero time of Go, which Alertmanager takes for none: the alert ends by `resolve_timeout`. */
const NO_TIME = '0001-01-01T00:00:00Z'

/**
 * Prometheus Alertmanager: each event is a firing alert.
 * https://prometheus.io/docs/alerting/latest/alerts_api/
 */
export const alertmanager = httpProvider({
  type: 'alertmanager',
  family: 'incident',
  settings: z
    .object({ address: webhookAddress(), ...basicOrBearerFields() })
    .transform(({ address, ...credentials }, context) => ({
      address,
      headers: basicOrBearer(credentials, 'Basic', context),
    })),
  requests({ event }, { address, headers }) {
    const alert = {
      status: 'firing',
      labels: labelsOf(event),
      annotations: annotationsOf(event),
      startsAt: wholeSecondsTimestamp(event),
      endsAt: NO_TIME,
    }
    return [postJson(address, [alert], headers)]
  },
  // Alerts of equal labels are one, and the last to come sets its annotations and its end.
  subject({ event }, { address }) {
    const labels = Object.entries(labelsOf(event)).sort(([a], [b]) => (a < b ? -1 : 1))
    return { key: JSON.stringify(['alertmanager', address, labels]) }
  },
  classify: classifyServiceAnswer,
})

/**
 * Metadata keys as they are. Names such as `app-version` are valid since Alertmanager 0.27, unless
 * it runs with `classic-mode`; then it answers 400 and names the label:
 * https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
 */
function labelsOf(event: Event): Readonly<Record<string, string>> {
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

/** `HealthCheckFailed` -> `Healthcheckfailed`. */
function titleCase(text: string): string {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('').toLowerCase()
}
