import { type FieldError, fieldErrors } from '../../../relay/model/errors.ts'
import {
  KubernetesName,
  type KubernetesObject,
  namespacedName,
} from '../../../relay/model/kubernetes.ts'
import {
  nameOf,
  parseAlert,
  parseProvider,
  parseSilence,
} from '../../../relay/model/parse-objects.ts'
import { Secret, type SecretData } from '../../../relay/model/secret.ts'
import { storedForm, withTexts } from '../../../relay/model/stored-form.ts'
import {
  fieldNotes,
  type PatternEntry,
  patternEntries,
} from '../../../relay/pipeline/field-notes.ts'
import { classify, type LoadedKind } from './classify.ts'
import type { Position, SourceDocument } from './documents.ts'
import { manifestObjectKey, type ObjectKey } from './object-key.ts'
import { SECRET_KEYS, secretNotes } from './secret-notes.ts'

/** An object that validated: what the relay takes of it. */
export type LoadedContent =
  | { readonly kind: 'Alert' | 'Provider' | 'Silence'; readonly manifest: KubernetesObject }
  | { readonly kind: 'Secret'; readonly name: string; readonly data: SecretData }

/** An object that validated, and where it begins. */
export interface AcceptedObject {
  readonly key: ObjectKey
  readonly position: Position
  readonly content: LoadedContent
  /** What is most likely a mistake in it. */
  readonly notes: readonly PlacedError[]
  /** The entries of its lists, which are to be compiled. */
  readonly patterns: ReadonlyArray<PatternEntry & { readonly position: Position }>
}

/** What is wrong with a field, and where that stands. */
export interface PlacedError extends FieldError {
  readonly position?: Position
}

/** An object, a document or a whole file that is not loaded, and why. */
export interface RefusedObject {
  /** The key of the object; undefined when its name is not known. */
  readonly key: ObjectKey | undefined
  readonly errors: readonly PlacedError[]
  /** It may hold any object of its file, so none of those that were there is known to be gone. */
  readonly mayHoldOthers: boolean
}

export type Finding = AcceptedObject | RefusedObject

/** An object of Flux that the relay has no use for, such as `Receiver/flux-system/github`. */
export interface NotTaken {
  readonly notTaken: string
  readonly position: Position
}

/** The Alerts, Providers, Silences, Secrets and Receivers of a document; those of a `List` one by one. */
export function objectsIn(
  cluster: string,
  file: string,
  document: SourceDocument,
): ReadonlyArray<Finding | NotTaken> {
  return findObjects({ cluster, file, document }, document.value, '')
}

interface DocumentPlace {
  readonly cluster: string
  readonly file: string
  readonly document: SourceDocument
}

/** `path` leads to the object within its document. */
function findObjects(
  source: DocumentPlace,
  value: unknown,
  path: string,
): ReadonlyArray<Finding | NotTaken> {
  if (Array.isArray(value)) {
    const message =
      'expected one object; put several into the items of a List, or into separate documents'
    return [refused(source, undefined, path, [{ field: '', message }])]
  }
  if (typeof value !== 'object' || value === null) {
    const message = 'expected a Kubernetes object with apiVersion, kind and metadata'
    return [refused(source, undefined, path, [{ field: '', message }])]
  }
  const object = value as KubernetesObject
  const found = classify(source.file, object)
  if (found === 'ignored') return []
  if (found === 'receiver') {
    const { namespace, name } = nameOf(object)
    const position = source.document.locate(path)
    return [{ notTaken: `Receiver/${namespace}/${name}`, position }]
  }
  if (found === 'List') return findListed(source, object, path)
  if (typeof found !== 'string') {
    const key = found.field === 'kind' ? undefined : manifestObjectKey(object.kind, object)
    return [refused(source, key, path, [found])]
  }
  return [validate(source, found, object, path)]
}

function findListed(
  source: DocumentPlace,
  list: KubernetesObject,
  path: string,
): ReadonlyArray<Finding | NotTaken> {
  if (!Array.isArray(list.items)) {
    return [refused(source, undefined, path, [{ field: 'items', message: 'expected a list' }])]
  }
  return list.items.flatMap((item, index) =>
    findObjects(source, item, joinPath(path, `items[${index}]`)),
  )
}

const IDENTITY_FIELDS: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.namespace',
  'metadata.name',
])

function validate(
  source: DocumentPlace,
  kind: LoadedKind,
  object: KubernetesObject,
  path: string,
): Finding {
  const key = manifestObjectKey(kind, object)
  const name = KubernetesName.safeParse(nameOf(object).name)
  if (key !== undefined && !name.success) {
    const errors = name.error.issues.map(({ message }) => ({ field: 'metadata.name', message }))
    return refused(source, undefined, path, errors)
  }
  const result = readContent(source.cluster, kind, object)
  if ('errors' in result) {
    const isNamed = !result.errors.some(({ field }) => IDENTITY_FIELDS.has(field))
    return refused(source, isNamed ? key : undefined, path, result.errors)
  }
  if (key === undefined) throw new Error('a valid object has a name')
  const { content } = result
  const { document } = source
  const remarks =
    content.kind === 'Secret'
      ? { notes: remarksOnSecret(document, object, path), patterns: [] }
      : remarksOn(document, content, path)
  return { key, position: document.locate(path), content, ...remarks }
}

function remarksOnSecret(
  document: SourceDocument,
  secret: KubernetesObject,
  path: string,
): readonly PlacedError[] {
  return secretNotes(secret).map(({ key, note }) => ({
    ...note,
    position: document.locate(joinPath(path, key)),
  }))
}

function remarksOn(
  document: SourceDocument,
  content: Exclude<LoadedContent, { readonly kind: 'Secret' }>,
  path: string,
): Pick<AcceptedObject, 'notes' | 'patterns'> {
  const { kind, manifest } = content
  const placed = <T extends { readonly field: string }>(it: T) => ({
    ...it,
    position: document.locate(joinPath(path, it.field)),
  })
  return {
    notes: fieldNotes(kind, manifest).map(placed),
    patterns: kind === 'Alert' ? patternEntries(manifest).map(placed) : [],
  }
}

const PARSERS = { Alert: parseAlert, Provider: parseProvider, Silence: parseSilence } as const

function readContent(
  cluster: string,
  kind: LoadedKind,
  written: KubernetesObject,
): { readonly content: LoadedContent } | { readonly errors: readonly FieldError[] } {
  if (kind === 'Secret') return readSecret(withTexts(written, ['data', 'stringData']))
  const manifest = storedForm(written)
  const result = PARSERS[kind](cluster, manifest)
  return 'object' in result ? { content: { kind, manifest } } : { errors: result.errors }
}

function readSecret(manifest: KubernetesObject) {
  const parsed = Secret.safeParse(manifest)
  if (parsed.success) {
    const { metadata, data } = parsed.data
    return { content: { kind: 'Secret' as const, name: namespacedName(metadata), data } }
  }
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: isSecretKey(path) ? path : path.slice(0, 1),
    message,
  }))
  return { errors: fieldErrors(issues) }
}

/** Where a value was written in place of a key, the path would show it: only known keys are shown. */
function isSecretKey(path: readonly PropertyKey[]): boolean {
  return path.slice(1).every((key) => SECRET_KEYS.has(key))
}

function refused(
  { document }: DocumentPlace,
  key: ObjectKey | undefined,
  path: string,
  errors: readonly FieldError[],
): RefusedObject {
  return {
    key,
    errors: errors.map((error) => ({
      ...error,
      position: document.locate(joinPath(path, error.field)),
    })),
    mayHoldOthers: key === undefined,
  }
}

function joinPath(path: string, field: string): string {
  return path !== '' && field !== '' ? `${path}.${field}` : path + field
}
