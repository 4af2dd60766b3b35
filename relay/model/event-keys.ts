/** The names of some fields, and a map from each name in lower case to the name. */
interface Fields {
  readonly names: ReadonlySet<string>
  readonly byFolded: ReadonlyMap<string, string>
}

/** The fields of an event. */
export const EVENT_FIELDS = fieldsOf(
  'involvedObject',
  'severity',
  'timestamp',
  'message',
  'reason',
  'metadata',
  'reportingController',
  'reportingInstance',
)

/** The fields of the object that an event is about. */
export const OBJECT_FIELDS = fieldsOf(
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
)

type Fielded = Readonly<Record<string, unknown>>

/**
 * Gives the fields of an event the letter case of their names. Go's decoder, which reads events in
 * a notification-controller, accepts a field's name in any letter case: the last of several wins,
 * parts of an object are merged, and null changes nothing. Unknown fields, and values that are not
 * an event, stay as they are. If a name occurs twice in the same letter case, JSON.parse has kept
 * the last. https://pkg.go.dev/encoding/json#Unmarshal
 */
export function withFieldNames(value: unknown): unknown {
  if (!isFielded(value)) return value
  const event = renamed(value, EVENT_FIELDS)
  const { involvedObject } = event
  if (!isFielded(involvedObject)) return event
  return { ...event, involvedObject: renamed(involvedObject, OBJECT_FIELDS) }
}

/** Whether the object has an involved object, in any letter case. Only an event has one. */
export function hasInvolvedObject(value: object): boolean {
  return Object.keys(value).some(
    (key) => EVENT_FIELDS.byFolded.get(folded(key)) === 'involvedObject',
  )
}

function fieldsOf(...names: readonly string[]): Fields {
  return {
    names: new Set(names),
    byFolded: new Map(names.map((name) => [folded(name), name])),
  }
}

/**
 * The key in lower case. Go treats two letters outside of ASCII as equal to ASCII ones: the Kelvin
 * sign is k, and the long s is s.
 */
function folded(key: string): string {
  return key.toLowerCase().replaceAll('ſ', 's')
}

function isFielded(value: unknown): value is Fielded {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function renamed(value: Fielded, fields: Fields): Fielded {
  // As every Flux controller writes them, so that there is nothing to rename and nothing to add up.
  if (Object.keys(value).every((key) => fields.names.has(key))) return value
  const byName = new Map<string, unknown>()
  for (const [key, part] of Object.entries(value)) {
    const name = fields.byFolded.get(folded(key)) ?? key
    byName.set(name, byName.has(name) ? both(name, byName.get(name), part) : part)
  }
  return Object.fromEntries(byName)
}

function both(name: string, before: unknown, after: unknown): unknown {
  // Null empties a map, and leaves a text or an object as it was.
  if (after === null) return name === 'metadata' ? null : before
  return isFielded(before) && isFielded(after) ? { ...before, ...after } : after
}
