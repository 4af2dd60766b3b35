import type { ExplainedEvent } from '../../relay/api/schemas/explain.ts'
import { formatEvent } from '../explain/report.ts'
import { formatFields, formatSection } from '../output/fields.ts'

/** An event for people: what was reported, and what became of it for every Alert. */
export function eventText(explained: ExplainedEvent): string {
  const { event, objectLabels } = explained
  const { involvedObject, severity, reason, timestamp, message, metadata } = event
  const { kind, namespace, name } = Object(involvedObject)
  return [
    formatFields([
      ['Object', [kind, namespace, name].join('/')],
      ['Severity', textOf(severity)],
      ['Reason', textOf(reason)],
      ['Reported', textOf(timestamp)],
      ['Controller', textOf(event.reportingController)],
    ]),
    formatSection('Message', textOf(message)),
    formatSection('Metadata', fieldsOf(metadata)),
    formatSection('Labels of the object', fieldsOf(objectLabels)),
    '\n',
    formatEvent(explained),
  ].join('')
}

function fieldsOf(values: unknown): string {
  return formatFields(Object.entries(Object(values)).map(([name, value]) => [name, String(value)]))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
