import { z } from 'zod'
import { jsonValue } from '../../model/json-value.ts'

/** An alert that was sent as firing, as it is remembered until a recovery resolves it. */
const FiringAlert = z.object({
  labels: z.record(z.string(), z.string()),
  /** RFC 3339, UTC and whole seconds. */
  startsAt: z.string(),
})
export type FiringAlert = Readonly<z.infer<typeof FiringAlert>>

/**
 * The most alerts that are remembered for one object. Each failure at another revision has labels of
 * its own; what is forgotten ends by the `resolve_timeout` of Alertmanager.
 */
const MAX_ALERTS = 20

/** The most UTF-16 units of the text. A store holds at most 400 KB in one item. */
const MAX_TEXT_LENGTH = 100_000

/** Reads what `firingText` wrote. Any other text holds no alert. */
export function firingAlerts(text: string | undefined): readonly FiringAlert[] {
  if (text === undefined) return []
  return z.array(FiringAlert).safeParse(jsonValue(text)).data ?? []
}

/** The text of alerts, the oldest first. The oldest are left out where they are too many. */
export function firingText(alerts: readonly FiringAlert[]): string {
  const kept = alerts.slice(-MAX_ALERTS)
  for (;;) {
    const text = JSON.stringify(kept)
    if (text.length <= MAX_TEXT_LENGTH || kept.length === 0) return text
    kept.shift()
  }
}

/** The alerts with one more; one of the same labels goes on as it is. */
export function withFiring(
  alerts: readonly FiringAlert[],
  alert: FiringAlert,
): readonly FiringAlert[] {
  const key = labelsKey(alert.labels)
  return alerts.some(({ labels }) => labelsKey(labels) === key) ? alerts : [...alerts, alert]
}

/** A text that is the same for equal labels. Alerts of equal labels are one to Alertmanager. */
export function labelsKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
