import type { Event } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import { sortedMetadata } from './names.ts'

/** The longest key: https://docs.sentry.io/platforms/javascript/enriching-events/tags/ */
const MAX_KEY_LENGTH = 200

/**
 * Names of tags that Sentry drops, because it has tags of that name or uses them as fields of the
 * event: https://github.com/getsentry/relay/blob/master/relay-event-normalization/src/event.rs
 */
const TAKEN: ReadonlySet<string> = new Set([
  'release',
  'dist',
  'user',
  'filename',
  'function',
  'environment',
  'server_name',
  'transaction',
  'level',
  'device.class',
])

/**
 * The tags by which people find an event: its object, and its metadata under names that Sentry
 * keeps.
 */
export function sentryTags(event: Event): Readonly<Record<string, string>> {
  const { involvedObject: object } = event
  const tags = new Map([
    ['flux_involved_object_kind', object.kind],
    ['flux_involved_object_namespace', object.namespace],
    ['flux_involved_object_name', object.name],
    ['flux_reporting_controller', event.reportingController],
    ['flux_reporting_instance', event.reportingInstance],
    ['flux_reason', event.reason],
  ])
  const entries = sortedMetadata(event)
  // What keeps its name goes first: one that gets another name must not take it.
  const isKept = ([key]: (typeof entries)[number]) => nameOf(key) === key
  for (const [key, value] of entries.filter(isKept)) tags.set(key, oneLine(value))
  for (const [key, value] of entries.filter((entry) => !isKept(entry))) {
    tags.set(freeName(nameOf(key), tags), oneLine(value))
  }
  return Object.fromEntries(tags)
}

/**
 * A name that Sentry accepts. It replaces other characters, such as slashes, and keeps only the
 * first of several equal names.
 */
function nameOf(key: string): string {
  const name = ellipsizeKey(key.replace(/[^\w.:-]/g, '_'))
  return TAKEN.has(name) ? `metadata.${name}` : name
}

function ellipsizeKey(key: string): string {
  return ellipsize(key, MAX_KEY_LENGTH).replace('…', '_')
}

function freeName(name: string, tags: ReadonlyMap<string, string>): string {
  let free = name
  for (let number = 2; tags.has(free); number += 1) {
    free = `${name.slice(0, MAX_KEY_LENGTH - String(number).length - 1)}_${number}`
  }
  return free
}

/** The value in one line. Sentry drops a value with a line feed. */
function oneLine(value: string): string {
  return value.replace(/\s*\n\s*/g, ' ').trim()
}
