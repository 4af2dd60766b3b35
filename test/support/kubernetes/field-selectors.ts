import { badRequest } from './api-failure.ts'
import { type ApiObject, fieldsOf, textOf } from './api-object.ts'
import type { ResourceType } from './resource-types.ts'

export type Selector = (object: ApiObject) => boolean

const METADATA = ['metadata.name', 'metadata.namespace'] as const

/** Of the stored form; `events.k8s.io` calls the object `regarding`. */
const OF_EVENTS = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'reason',
  'type',
] as const

/** `a=b,c!=d`; undefined text selects all. Throws `ApiFailure` for fields that cannot be selected. */
export function parseSelector(type: ResourceType, text: string | undefined): Selector {
  const terms = (text ?? '')
    .split(',')
    .filter((term) => term !== '')
    .map((term) => parseTerm(type, term))
  return (object) =>
    terms.every(({ path, value, isEqual }) => (valueAt(object, path) === value) === isEqual)
}

/** The name that a selector asks for, which counts as such for access rules. */
export function selectedName(text: string | undefined): string | undefined {
  return /(?:^|,)metadata\.name={1,2}([^,]*)/.exec(text ?? '')?.[1]
}

function parseTerm(type: ResourceType, term: string) {
  const [, field = '', operator, value = ''] = /^([^=!]+)(!=|==?)(.*)$/.exec(term) ?? []
  if (operator === undefined)
    throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
  const isOfEvents = type.group === 'events.k8s.io'
  const stored = isOfEvents ? field.replace(/^regarding\./, 'involvedObject.') : field
  const known: readonly string[] = type.storedAs ? [...METADATA, ...OF_EVENTS] : METADATA
  const isKnown = known.includes(stored) && !(isOfEvents && field.startsWith('involvedObject.'))
  if (!isKnown) throw badRequest(`field label not supported: ${field}`)
  return { path: stored.split('.'), value, isEqual: operator !== '!=' }
}

function valueAt(object: ApiObject, path: readonly string[]): string {
  const [first = '', second] = path
  return textOf(second === undefined ? object[first] : fieldsOf(object[first])[second])
}
