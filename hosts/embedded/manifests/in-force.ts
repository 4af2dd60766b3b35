import type { Position } from './documents.ts'
import type { ManifestError } from './manifest-error.ts'
import { type ObjectKey, shownKey } from './object-key.ts'
import type { AcceptedObject, LoadedContent, RefusedObject } from './objects.ts'
import type { FileReading } from './read-file.ts'
import { ROOT } from './scan.ts'

/** An object in force, and where its manifest stands. */
export interface ObjectInForce {
  readonly key: ObjectKey
  readonly file: string
  readonly line: number
  readonly content: LoadedContent
  /** Milliseconds since the epoch. */
  readonly loadedAt: number
  /** When its file was changed last, in milliseconds since the epoch. */
  readonly modifiedAt: number
}

export type ObjectsInForce = ReadonlyMap<ObjectKey, ObjectInForce>

export interface Settled {
  readonly objects: ObjectsInForce
  readonly problems: readonly ManifestError[]
}

/** The most problems of one file that are listed; the rest is counted. */
export const MAX_PROBLEMS_PER_FILE = 100
const MAX_NAMES_IN_PROBLEM = 5

/**
 * Decides which objects are in force: the first manifest of a name, in path order, owns it. While
 * that manifest is invalid, or its file cannot be read, the version before it stays.
 */
export function settle(previous: ObjectsInForce, readings: readonly FileReading[]): Settled {
  const owners = findOwners(readings)
  const retained = retainHidden(previous, readings, owners)
  const objects = [...owners.values()].flatMap((owner) => {
    const { file, finding } = owner
    if ('content' in finding) return [accepted(owner, finding)]
    const before = finding.key === undefined ? undefined : previous.get(finding.key)
    return before ? [{ ...before, file, line: firstPosition(finding)?.line ?? before.line }] : []
  })
  return {
    objects: new Map(
      [...objects, ...[...retained.values()].flat()]
        .toSorted((a, b) => compare(a.file, b.file) || a.line - b.line)
        .map((object) => [object.key, object]),
    ),
    problems: readings.flatMap((reading) =>
      bounded(reading.file, problemsOf(reading, { previous, owners, retained })),
    ),
  }
}

interface Owner extends Pick<FileReading, 'file' | 'readAt' | 'modifiedAt'> {
  readonly finding: AcceptedObject | RefusedObject
}
type Owners = ReadonlyMap<ObjectKey, Owner>

function findOwners(readings: readonly FileReading[]): Owners {
  const owners = new Map<ObjectKey, Owner>()
  for (const { file, readAt, modifiedAt = readAt, findings } of readings) {
    for (const finding of findings) {
      if (finding.key === undefined || owners.has(finding.key)) continue
      owners.set(finding.key, { file, readAt, modifiedAt, finding })
    }
  }
  return owners
}

function accepted(
  { file, readAt, modifiedAt = readAt }: Owner,
  { key, position, content }: AcceptedObject,
) {
  return { key, file, line: position.line, content, loadedAt: readAt, modifiedAt }
}

/** The objects that no manifest names now, but that an unreadable part may hold, by its file. */
function retainHidden(
  previous: ObjectsInForce,
  readings: readonly FileReading[],
  owners: Owners,
): ReadonlyMap<string, readonly ObjectInForce[]> {
  const opaque = new Set(
    readings
      .filter(({ findings }) => findings.some((f) => 'errors' in f && f.mayHoldOthers))
      .map(({ file }) => file),
  )
  const missing = [...previous.values()].filter(({ key }) => !owners.has(key))
  const byPlace = Map.groupBy(missing, ({ file }) => placesOf(file).find((p) => opaque.has(p)))
  byPlace.delete(undefined)
  return byPlace as ReadonlyMap<string, readonly ObjectInForce[]>
}

/** A file, the folders that hold it, and the root. */
function placesOf(file: string): readonly string[] {
  const parts = file.split('/')
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ROOT]
}

interface Context {
  readonly previous: ObjectsInForce
  readonly owners: Owners
  readonly retained: ReadonlyMap<string, readonly ObjectInForce[]>
}

function problemsOf({ file, findings }: FileReading, context: Context): readonly ManifestError[] {
  // The first unreadable part of a file speaks for all objects that it may hold.
  let hidden = context.retained.get(file) ?? []
  return findings.flatMap((finding) => {
    const owner = finding.key === undefined ? undefined : context.owners.get(finding.key)
    if ('content' in finding) {
      return owner && owner.finding !== finding ? [duplicate(file, finding, owner)] : []
    }
    const own = finding.key === undefined ? undefined : context.previous.get(finding.key)
    const isOwner = owner?.finding === finding
    const kept = [...(own && isOwner ? [own] : []), ...(finding.mayHoldOthers ? hidden : [])]
    if (finding.mayHoldOthers) hidden = []
    return refusal(file, finding, kept)
  })
}

function duplicate(file: string, { key, position }: AcceptedObject, owner: Owner): ManifestError {
  const line = positionOf(owner.finding)?.line
  const place = line === undefined ? owner.file : `${owner.file}:${line}`
  const message = `is already defined at ${place}; this second one is refused`
  return { file, ...position, object: shownKey(key), message }
}

function refusal(
  file: string,
  { key, errors }: RefusedObject,
  kept: readonly ObjectInForce[],
): readonly ManifestError[] {
  return errors.map(({ field, message, position }) => ({
    file,
    ...position,
    ...(key === undefined ? {} : { object: shownKey(key) }),
    ...(field === '' ? {} : { field }),
    message,
    ...(kept.length === 0 ? {} : { inForce: inForceText(key, kept) }),
  }))
}

function inForceText(key: ObjectKey | undefined, kept: readonly ObjectInForce[]): string {
  const [first, ...others] = kept
  if (first && others.length === 0 && first.key === key) {
    return `the version loaded at ${timeText(first)} stays in force`
  }
  const names = kept
    .slice(0, MAX_NAMES_IN_PROBLEM)
    .map((object) => `${shownKey(object.key)} (loaded at ${timeText(object)})`)
  const more = kept.length - names.length
  const list = names.join(', ') + (more > 0 ? ` and ${more} more` : '')
  return `${list} ${kept.length === 1 ? 'stays' : 'stay'} in force`
}

/** The time with date and zone, since a version can be in force for days. */
function timeText({ loadedAt }: ObjectInForce): string {
  return `${new Date(loadedAt).toISOString().slice(0, 19)}Z`
}

function positionOf(finding: AcceptedObject | RefusedObject): Position | undefined {
  return 'content' in finding ? finding.position : firstPosition(finding)
}

function firstPosition({ errors }: RefusedObject): Position | undefined {
  return errors.find(({ position }) => position)?.position
}

function bounded(file: string, problems: readonly ManifestError[]): readonly ManifestError[] {
  const rest = problems.length - MAX_PROBLEMS_PER_FILE
  if (rest <= 0) return problems
  const message = `${rest} more problems are not listed`
  return [...problems.slice(0, MAX_PROBLEMS_PER_FILE), { file, message }]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
