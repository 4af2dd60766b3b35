import { badRequest, invalid } from './api-failure.ts'
import { type Fields, fieldsOf, textOf } from './api-object.ts'

// An Event is one object that two groups serve, each with names of its own for the fields.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/

/** As `v1` names them, and as `events.k8s.io/v1` does. */
const NAMES: ReadonlyArray<readonly [string, string]> = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
]

/** Fields that an answer has even if they were never set. */
const ALWAYS: Fields = {
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
}

/** What `events.k8s.io/v1` leaves out when it is empty. */
const OMITTED = ['reportingController', 'reportingInstance'] as const

const REQUIRED = ['reportingController', 'reportingInstance', 'action', 'reason'] as const

function rename(fields: Fields, from: 0 | 1): Fields {
  const to = from === 0 ? 1 : 0
  const names = new Map(NAMES.map((pair) => [pair[from], pair[to]]))
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value]),
  )
}

/** The stored form (that of `v1`) as `events.k8s.io/v1` has it. */
export function toEventsForm(event: Fields): Fields {
  const { message, ...fields } = rename(event, 0)
  const left = Object.entries(fields).filter(
    ([name, value]) => !(OMITTED.some((omitted) => omitted === name) && value === ''),
  )
  return Object.fromEntries(message === undefined ? left : [...left, ['message', message]])
}

/** What a client wrote, in the stored form. Throws `ApiFailure` for what the server refuses. */
export function storedEvent(written: Fields, group: string): Fields {
  const event = { ...ALWAYS, ...(group === '' ? written : rename(written, 1)) }
  const series = event.series === undefined ? undefined : fieldsOf(event.series)
  return {
    ...event,
    firstTimestamp: time(event.firstTimestamp),
    lastTimestamp: time(event.lastTimestamp),
    eventTime: microTime(event.eventTime),
    ...(series && {
      series: { ...series, lastObservedTime: microTime(series.lastObservedTime) },
    }),
  }
}

/** What the server demands of a new Event. Throws `ApiFailure`. */
export function validateEvent(event: Fields, group: string): void {
  const metadata = fieldsOf(event.metadata)
  const refuse = (field: string, why: string) => {
    throw invalid(
      { group, plural: 'events' },
      { kind: 'Event', name: textOf(metadata.name), field, why },
    )
  }
  const namespace = textOf(fieldsOf(event.involvedObject).namespace)
  if ((namespace || 'default') !== metadata.namespace) {
    refuse(
      'involvedObject.namespace',
      `Invalid value: "${namespace}": does not match event.namespace`,
    )
  }
  if (group === '') return
  if (event.eventTime === null) refuse('eventTime', 'Required value')
  const form = rename(event, 0)
  for (const field of REQUIRED) if (textOf(form[field]) === '') refuse(field, 'Required value')
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    refuse('type', `Invalid value: ${JSON.stringify(textOf(event.type))}`)
  }
}

function time(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const date = new Date(textOf(value))
  if (Number.isNaN(date.getTime())) {
    throw badRequest(`Event in version "v1" cannot be handled as a Event: parsing time "${value}"`)
  }
  return `${date.toISOString().slice(0, 19)}Z`
}

/** Six digits of a second are demanded. */
function microTime(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(textOf(value))) {
    const text = textOf(value)
    return `${new Date(text).toISOString().slice(0, 19)}.${text.slice(20, 26)}Z`
  }
  throw badRequest(`Event in version "v1" cannot be handled as a Event: parsing time "${value}"`)
}
