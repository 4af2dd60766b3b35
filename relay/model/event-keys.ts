/** The names that fields have, and by each name in lower case that name. */
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
 * An event under the names that its fields have. Go's decoder, which reads events at a
 * notification-controller, takes a field's name in any letter case: the last of several wins, parts of
 * an object add up, and null says nothing. What is no event, and a field that no event has, stays as
 * it is. Of one name that is there twice in the same letters, JSON.parse has kept the last.
 * https://pkg.go.dev/encoding/json#Unmarshal
 */
export function withFieldNames(value: unknown): unknown {
  if (!isFielded(value)) return value
  const event = renamed(value, EVENT_FIELDS)
  const { involvedObject } = event
  if (!isFielded(involvedObject)) return event
  return { ...event, involvedObject: renamed(involvedObject, OBJECT_FIELDS) }
}

/** Whether the object says, in whatever letters, what it is about: only an event does. */
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

/** Two letters beyond ASCII are the same as one in it: the Kelvin sign as k, the long s as s. */
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
