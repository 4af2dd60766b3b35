import type { Event, Labels } from '../model/event.ts'
import type { Source } from './compiled-alert.ts'

/** What is matched: an event as received, and what else its sender knows. */
export interface MatchInput {
  readonly event: Event
  readonly objectLabels?: Labels | undefined
}

/** The sources of one kind and namespace. */
export interface SourceIndex {
  /** In the order of the configuration. */
  readonly all: readonly Source[]
  /**
   * Those that fit an event of this kind and namespace, in the same order. Looks only at sources
   * that share the event's name or are for any, its severity, and one of its labels. Each is found
   * when it is asked for, and no list of them is held.
   */
  fitting(input: MatchInput): Iterable<Source>
}

/** Why a source of the right kind and namespace does not fit; undefined when it does. */
export function sourceMiss({ event, objectLabels }: MatchInput, { alert, source }: Source) {
  if (alert.alert.spec.eventSeverity === 'error' && event.severity !== 'error') {
    return `takes errors only, and this is severity ${event.severity}`
  }
  if (source.name !== ANY_NAME && source.name !== event.involvedObject.name) {
    return `is for ${source.kind} ${source.name}`
  }
  const wanted = Object.entries(source.matchLabels)
  if (wanted.length === 0) return undefined
  if (objectLabels === undefined) {
    return 'selects by matchLabels, and the sender did not send the labels of the object'
  }
  const missing = wanted.find(([key, value]) => objectLabels[key] !== value)
  return missing && `wants the label ${missing[0]}=${missing[1]}`
}

const ANY_NAME = '*'

/** A source with its place in the configuration. */
interface Ranked {
  readonly rank: number
  readonly source: Source
}

/** The sources of one name and severity. */
interface Shelf {
  readonly unlabelled: Ranked[]
  /** Each by one of the labels that it wants. */
  readonly byLabel: Map<string, Ranked[]>
}

export function indexSources(all: readonly Source[]): SourceIndex {
  const frequencies = labelFrequencies(all)
  const shelves = new Map<string, Shelf>()
  for (const [rank, source] of all.entries()) {
    const { eventSeverity } = source.alert.alert.spec
    const shelf = entryOf(shelves, shelfKey(eventSeverity, source.source.name), newShelf)
    const label = rarestLabel(source, frequencies)
    const place = label === undefined ? shelf.unlabelled : entryOf(shelf.byLabel, label, newList)
    place.push({ rank, source })
  }
  return {
    all,
    fitting(input) {
      const lists = shelvesFor(input.event, shelves).flatMap((shelf) =>
        listsOn(shelf, input.objectLabels).filter((list) => list.length > 0),
      )
      return {
        *[Symbol.iterator]() {
          for (const source of inOrder(lists)) {
            if (sourceMiss(input, source) === undefined) yield source
          }
        },
      }
    },
  }
}

/** How many sources want each label: the rarer the one by which a source is found, the better. */
function labelFrequencies(sources: readonly Source[]): ReadonlyMap<string, number> {
  const frequencies = new Map<string, number>()
  for (const { source } of sources) {
    for (const label of labelsIn(source.matchLabels)) {
      frequencies.set(label, (frequencies.get(label) ?? 0) + 1)
    }
  }
  return frequencies
}

function rarestLabel(
  { source }: Source,
  frequencies: ReadonlyMap<string, number>,
): string | undefined {
  const frequency = (label: string) => frequencies.get(label) ?? 0
  return labelsIn(source.matchLabels).sort((a, b) => frequency(a) - frequency(b))[0]
}

function shelvesFor(
  { severity, involvedObject: { name } }: Event,
  shelves: ReadonlyMap<string, Shelf>,
): readonly Shelf[] {
  const severities = severity === 'error' ? ['info', 'error'] : ['info']
  const names = name === ANY_NAME ? [name] : [name, ANY_NAME]
  return severities.flatMap((of) => names.flatMap((at) => shelves.get(shelfKey(of, at)) ?? []))
}

/** Each in the order of the configuration. A source is on one of them. */
function listsOn(
  { unlabelled, byLabel }: Shelf,
  labels: Labels | undefined,
): ReadonlyArray<readonly Ranked[]> {
  if (labels === undefined || byLabel.size === 0) return [unlabelled]
  const byTheirs = labelsIn(labels).map((label) => byLabel.get(label) ?? [])
  return [unlabelled, ...byTheirs]
}

/** Merges lists that are in order themselves. */
function* inOrder(lists: ReadonlyArray<readonly Ranked[]>): Generator<Source> {
  const [only] = lists
  if (only !== undefined && lists.length === 1) {
    for (const { source } of only) yield source
    return
  }
  let left = lists.flatMap((list) => {
    const entries = list.values()
    const { value: first } = entries.next()
    return first ? [{ entries, first }] : []
  })
  while (left.length > 0) {
    const next = left.reduce((a, b) => (b.first.rank < a.first.rank ? b : a))
    yield next.first.source
    const { value } = next.entries.next()
    if (value) next.first = value
    else left = left.filter((list) => list !== next)
  }
}

/** What two labels have in common here is told apart by `sourceMiss`. */
function labelsIn(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`)
}

function shelfKey(severity: string, name: string): string {
  return `${severity}/${name}`
}

const newShelf = (): Shelf => ({ unlabelled: [], byLabel: new Map() })
const newList = (): Ranked[] => []

function entryOf<T>(entries: Map<string, T>, key: string, make: () => T): T {
  const known = entries.get(key)
  if (known !== undefined) return known
  const made = make()
  entries.set(key, made)
  return made
}
