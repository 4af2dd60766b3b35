import { z } from 'zod'
import { type Event, objectName } from '../model/event.ts'
import { isFoundEnd, isGoodEnd } from '../model/good-ends.ts'
import { hashParts } from '../model/hash.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { basicOrBearer, basicOrBearerFields } from './auth/basic-or-bearer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { firingAlerts, firingText, labelsKey, withFiring } from './messages/firing-alerts.ts'
import { postJson } from './messages/json-request.ts'
import { isError, sortedMetadata, wholeSecondsTimestamp } from './messages/names.ts'
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
 * Prometheus Alertmanager: each event is a firing alert, and one that ends the failures of its object
 * resolves the alerts of those too.
 * https://prometheus.io/docs/alerting/latest/alerts_api/
 */
export const alertmanager = httpProvider<Settings>({
  type: 'alertmanager',
  family: 'incident',
  hasLink: true,
  hasIncidentKey: true,
  hasIncidentLabels: true,
  settings: Settings,
  resolves: isGoodEnd,
  requests: (notification, settings) => [alertsRequest(alertsOf(notification), settings)],
  fallback({ status }, notification, settings) {
    const alerts = alertsOf(notification)
    const names = new Set(alerts.flatMap(({ labels }) => Object.keys(labels)))
    const refused = [...names].filter((name) => !CLASSIC_NAME.test(name))
    if (status !== 400 || refused.length === 0) return undefined
    const classic = alerts.map((alert) => ({ ...alert, labels: classicLabels(alert.labels) }))
    return {
      requests: [alertsRequest(classic, settings)],
      note: `answered with HTTP 400, and sent again with _ in the names of labels: ${refused.join(', ')}`,
    }
  },
  /**
   * The failures of an object and what ends them have one order, so that no late failure fires after
   * its end. Other events are known by their labels: alerts of equal labels are one, and the last to
   * come sets its annotations and its end.
   */
  subject(notification, { address }) {
    const { event } = notification
    const isOfIncident = isError(event) || isGoodEnd(event)
    const identity = isOfIncident
      ? incidentOf(notification)
      : ['labels', labelsKey(labelsOf(notification))]
    return { key: JSON.stringify(['alertmanager', address, ...identity]) }
  },
  memory: {
    key: (notification, { address }) =>
      hashParts('alertmanager', address, ...incidentOf(notification)),
    before(notification) {
      const { event, remembered } = notification
      if (!isError(event)) return undefined
      const alert = { labels: labelsOf(notification), startsAt: wholeSecondsTimestamp(event) }
      return firingText(withFiring(firingAlerts(remembered), alert))
    },
    after: ({ event, remembered }) =>
      isGoodEnd(event) && remembered !== undefined ? firingText([]) : undefined,
  },
  classify: classifyServiceAnswer,
})

/** What the alerts of a failing object are remembered by. Each Alert gives them labels of its own. */
function incidentOf({ event, alert, incidentKey }: Notification): readonly string[] {
  return [alert.uid, incidentKey ?? objectName(event.involvedObject)]
}

interface PostedAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  /** The page that the alert leads to. */
  readonly generatorURL?: string
  readonly startsAt: string
  readonly endsAt: string
}

/**
 * The event's own alert, after those that it resolves. Labels of a rule are those of an incident, which a
 * failure and its end may share; so what ends a failure resolves them, and fires nothing. Neither does an end that
 * Flux did not report.
 */
function alertsOf(notification: Notification): readonly PostedAlert[] {
  const { event, incidentLabels, link, remembered } = notification
  const shown = {
    annotations: annotationsOf(event),
    ...(link !== undefined && { generatorURL: link }),
  }
  const time = wholeSecondsTimestamp(event)
  const labels = labelsOf(notification)
  const firing = { status: 'firing', labels, ...shown, startsAt: time, endsAt: NO_TIME } as const
  if (!isGoodEnd(event)) return [firing]
  const ended = firingAlerts(remembered)
  const all = incidentLabels === undefined ? ended : withFiring(ended, { labels, startsAt: time })
  const resolved = all.map(({ labels, startsAt }) => ({
    status: 'resolved' as const,
    labels,
    ...shown,
    startsAt,
    // Alertmanager refuses an end before the start, as clocks that differ could give.
    endsAt: time < startsAt ? startsAt : time,
  }))
  return incidentLabels === undefined && !isFoundEnd(event) ? [...resolved, firing] : resolved
}

function alertsRequest(alerts: readonly PostedAlert[], { address, headers }: Settings) {
  return postJson(address, alerts, headers)
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
function labelsOf({ event, incidentLabels = {} }: Notification): Labels {
  const labels = { ...usualLabels(event), ...incidentLabels }
  return Object.fromEntries(
    Object.entries(labels).filter(([name, value]) => value !== '' || incidentLabels[name] !== ''),
  )
}

function usualLabels(event: Event): Labels {
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

/** Made at its first use, since that takes some milliseconds. */
let segmenter: Intl.Segmenter | undefined

/**
 * The text in title case, as Go's golang.org/x/text/cases writes it: `HealthCheckFailed` becomes `Healthcheckfailed`, and
 * `health-check` `Health-Check`.
 */
function titleCase(text: string): string {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })
  const words = Array.from(segmenter.segment(text), ({ segment }) =>
    segment.toLowerCase().replace(/\p{L}/u, (letter) => letter.toUpperCase()),
  )
  return words.join('')
}
