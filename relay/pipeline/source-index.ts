import type { Event, Labels } from '../model/event.ts'
import { isGoodEnd } from '../model/good-ends.ts'
import type { AlertSource, CompiledAlert } from './compiled-alert.ts'
import type { LastTold } from './episodes/last-told.ts'
import type { Miss } from './rule.ts'
import { followsFailures } from './rules/memory-rules.ts'

/**
 * What is matched: an event as received, and the labels of its object, if the sender knows them.
 */
export interface MatchInput {
  readonly event: Event
  readonly objectLabels?: Labels | undefined
}

/** What the expressions of rules see beside Alert and Provider. */
export interface RuleInput extends MatchInput {
  /** What the Alert was last told about the object; undefined when nothing, or when it is not known. */
  readonly last?: LastTold | undefined
}

/** The sources that are for events of one kind and namespace. */
export interface SourceIndex {
  /** All sources, in the order of the configuration. */
  readonly all: readonly AlertSource[]
  /**
   * The sources that fit an event of this kind and namespace, in the same order. It looks only at
   * sources that have the event's name or any, its severity, and one of its labels. A few are a list;
   * of more each is found when it is asked for, and no list of them is kept.
   */
  fitting(input: MatchInput): Iterable<AlertSource>
}

/** The reason why a source of the right kind and namespace does not fit; undefined when it does. */
export function sourceMiss(
  { event, objectLabels }: MatchInput,
  { alert, source }: AlertSource,
): Miss | undefined {
  if (!takesSeverity(alert, event)) {
    const reason = `takes errors only, and this is severity ${event.severity}`
    return { rule: 'severity', reason }
  }
  if (source.name !== ANY_NAME && source.name !== event.involvedObject.name) {
    return { rule: 'name', reason: `is for ${source.kind} ${source.name}` }
  }
  const wanted = Object.entries(source.matchLabels)
  if (wanted.length === 0) return undefined
  if (objectLabels === undefined) {
    const reason = 'selects by matchLabels, and the sender did not send the labels of the object'
    return { rule: 'labels', reason }
  }
  const missing = wanted.find(([key, value]) => objectLabels[key] !== value)
  return missing && { rule: 'labels', reason: `wants the label ${missing[0]}=${missing[1]}` }
}

const ANY_NAME = '*'

/**
 * Whether the severity of an Alert lets an event through. One that takes errors only, and has a rule with a
 * memory, also hears that its objects work again.
 */
function takesSeverity({ alert, memory }: CompiledAlert, event: Event): boolean {
  if (alert.spec.eventSeverity !== 'error' || event.severity === 'error') return true
  return memory !== undefined && followsFailures(memory) && isGoodEnd(event)
}

/** The severities whose events may be for an Alert: `info` for all, or `error`. */
function severityOf({ alert, memory }: CompiledAlert): string {
  return memory && followsFailures(memory) ? 'info' : alert.spec.eventSeverity
}

/** A source, and its place among all sources of the configuration. */
export interface RankedSource {
  readonly rank: number
  readonly source: AlertSource
}

/** Sources in the order of the configuration, on shelves by what they ask of an event. */
export interface Shelves {
  readonly all: readonly RankedSource[]
  /** By severity, and then by name. */
  readonly bySeverity: ReadonlyMap<string, ReadonlyMap<string, Shelf>>
}

/** The sources of one name and severity. */
interface Shelf {
  readonly unlabelled: RankedSource[]
  /** The sources that want labels, each by one of its labels. */
  readonly byLabel: Map<string, RankedSource[]>
}

/** As many sources as a list takes less time than asking for each. */
const FEW = 16

function* fittingAmong(sources: Iterable<RankedSource>, input: MatchInput): Generator<AlertSource> {
  for (const { source } of sources) {
    if (sourceMiss(input, source) === undefined) yield source
  }
}

/** Puts sources on shelves. `all` is in the order of the configuration. */
export function shelve(all: readonly RankedSource[]): Shelves {
  const frequencies = labelFrequencies(all)
  const bySeverity = new Map<string, Map<string, Shelf>>()
  for (const ranked of all) {
    const { alert, source } = ranked.source
    const byName = entryOf(bySeverity, severityOf(alert), newShelves)
    const shelf = entryOf(byName, source.name, newShelf)
    const label = rarestLabel(ranked.source, frequencies)
    const place = label === undefined ? shelf.unlabelled : entryOf(shelf.byLabel, label, newList)
    place.push(ranked)
  }
  return { all, bySeverity }
}

/** One index over the sources of several shelves; no source is in two of them. */
export class ShelvesIndex implements SourceIndex {
  readonly #shelves: readonly Shelves[]

  constructor(shelves: readonly Shelves[]) {
    this.#shelves = shelves
  }

  get all(): readonly AlertSource[] {
    return [...inOrder(this.#shelves.map(({ all }) => all))].map(({ source }) => source)
  }

  fitting(input: MatchInput): Iterable<AlertSource> {
    const lists: (readonly RankedSource[])[] = []
    for (const { bySeverity } of this.#shelves) addListsFor(lists, input, bySeverity)
    const find = () => fittingAmong(inOrder(lists), input)
    const count = lists.reduce((sum, list) => sum + list.length, 0)
    return count <= FEW ? [...find()] : { [Symbol.iterator]: find }
  }
}

/**
 * How many sources want each label. A source is found by its rarest label, which is met least
 * often.
 */
function labelFrequencies(sources: readonly RankedSource[]): ReadonlyMap<string, number> {
  const frequencies = new Map<string, number>()
  for (const { source } of sources) {
    for (const label of labelsIn(source.source.matchLabels)) {
      frequencies.set(label, (frequencies.get(label) ?? 0) + 1)
    }
  }
  return frequencies
}

function rarestLabel(
  { source }: AlertSource,
  frequencies: ReadonlyMap<string, number>,
): string | undefined {
  const frequency = (label: string) => frequencies.get(label) ?? 0
  return labelsIn(source.matchLabels).sort((a, b) => frequency(a) - frequency(b))[0]
}

/** The `eventSeverity` of the Alerts that take any event. */
const TAKE_ANY = ['info']
const TAKE_ERRORS = ['info', 'error']

/**
 * Adds the lists of sources that may fit, each in the order of the configuration. Each source is in one
 * list only.
 */
function addListsFor(
  lists: (readonly RankedSource[])[],
  { event, objectLabels }: MatchInput,
  bySeverity: Shelves['bySeverity'],
): void {
  const { name } = event.involvedObject
  for (const severity of event.severity === 'error' ? TAKE_ERRORS : TAKE_ANY) {
    const byName = bySeverity.get(severity)
    addLists(lists, byName?.get(ANY_NAME), objectLabels)
    if (name !== ANY_NAME) addLists(lists, byName?.get(name), objectLabels)
  }
}

function addLists(
  lists: (readonly RankedSource[])[],
  shelf: Shelf | undefined,
  labels: Labels | undefined,
): void {
  if (shelf === undefined) return
  if (shelf.unlabelled.length > 0) lists.push(shelf.unlabelled)
  if (labels === undefined || shelf.byLabel.size === 0) return
  for (const label of labelsIn(labels)) {
    const list = shelf.byLabel.get(label)
    if (list !== undefined) lists.push(list)
  }
}

/** Merges lists that are sorted by rank. */
function inOrder(lists: ReadonlyArray<readonly RankedSource[]>): Iterable<RankedSource> {
  const [first = []] = lists
  return lists.length > 1 ? merged(lists) : first
}

function* merged(lists: ReadonlyArray<readonly RankedSource[]>): Generator<RankedSource> {
  let left = lists.flatMap((list) => {
    const entries = list.values()
    const { value: first } = entries.next()
    return first ? [{ entries, first }] : []
  })
  while (left.length > 0) {
    const next = left.reduce((a, b) => (b.first.rank < a.first.rank ? b : a))
    yield next.first
    const { value } = next.entries.next()
    if (value) next.first = value
    else left = left.filter((list) => list !== next)
  }
}

/** Texts that stand for labels. Two labels may share a text; `sourceMiss` tells them apart. */
function labelsIn(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`)
}

const newShelves = (): Map<string, Shelf> => new Map()
const newShelf = (): Shelf => ({ unlabelled: [], byLabel: new Map() })
const newList = (): RankedSource[] => []

function entryOf<T>(entries: Map<string, T>, key: string, make: () => T): T {
  const known = entries.get(key)
  if (known !== undefined) return known
  const made = make()
  entries.set(key, made)
  return made
}
