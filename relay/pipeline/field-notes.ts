import type { z } from 'zod'
import { AlertSpec, EventSource } from '../model/alert.ts'
import type { FieldError } from '../model/errors.ts'
import { type KubernetesObject, LocalObjectReference } from '../model/kubernetes.ts'
import { ProviderSpec } from '../model/provider.ts'
import { REPORTING_KINDS } from '../model/reporting-kinds.ts'
import { SilenceSpec } from '../model/silence-object.ts'
import { metadataNotes } from './metadata-notes.ts'
import { SELF_KINDS } from './rules/self-rule.ts'

/** All kinds whose events an Alert may ask for without more: those of controllers, and what the relay tells of itself. */
const KNOWN_KINDS: ReadonlySet<string> = new Set([...REPORTING_KINDS, ...Object.values(SELF_KINDS)])

const OBJECT_FIELDS: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'spec',
  'status',
])

const SPECS = { Alert: AlertSpec, Provider: ProviderSpec, Silence: SilenceSpec } as const

/**
 * What is most likely a mistake in an Alert, a Provider or a Silence that validates and takes effect: a field
 * that no CRD has, a kind that no controller reports, a pattern where only a name or `*` works. For
 * the entries of its lists see `patternEntries`.
 */
export function fieldNotes(
  kind: 'Alert' | 'Provider' | 'Silence',
  manifest: KubernetesObject,
): readonly FieldError[] {
  const top = Object.keys(manifest)
    .filter((field) => !OBJECT_FIELDS.has(field))
    .map(ignored)
  const schema = SPECS[kind]
  const own = [...top, ...metadataNotes(manifest), ...unknownFields(manifest.spec, schema, 'spec')]
  const nested = Object.entries(Object(manifest.spec))
    .filter(([field]) => field in schema.shape && field.endsWith('Ref'))
    .flatMap(([field, value]) => unknownFields(value, LocalObjectReference, `spec.${field}`))
  const sources = kind === 'Alert' ? sourcesOf(manifest).flatMap(sourceNotes) : []
  return [...own, ...nested, ...sources]
}

/** Notes about unknown fields. Most of them are typing errors, and an API server would drop them. */
export function unknownFields(
  value: unknown,
  schema: z.ZodObject,
  path: string,
): readonly FieldError[] {
  return Object.keys(Object(value))
    .filter((field) => !(field in schema.shape))
    .map((field) => ignored(`${path}.${field}`))
}

/** An entry of an inclusionList or exclusionList. */
export interface PatternEntry {
  /** Such as `spec.exclusionList[1]`. */
  readonly field: string
  readonly source: string
}

/** The entries of the lists of an Alert that validated. */
export function patternEntries(manifest: KubernetesObject): readonly PatternEntry[] {
  const spec = Object(manifest.spec) as Readonly<Record<string, readonly string[] | null>>
  return ['inclusionList', 'exclusionList'].flatMap((list) =>
    (spec[list] ?? []).map((source, index) => ({ field: `spec.${list}[${index}]`, source })),
  )
}

type Source = Readonly<z.input<typeof EventSource>>

function sourcesOf(manifest: KubernetesObject): readonly Source[] {
  return (manifest.spec as { readonly eventSources: readonly Source[] }).eventSources
}

function sourceNotes(source: Source, index: number): readonly FieldError[] {
  const path = `spec.eventSources[${index}]`
  const { kind, name, namespace, matchLabels } = source
  const labels = Object.entries(Object(matchLabels) as Readonly<Record<string, unknown>>)
  return [
    ...unknownFields(source, EventSource, path),
    ...(isReported(source) ? [] : [{ field: `${path}.kind`, message: unreported(kind) }]),
    ...(name !== '*' && isGlob(name)
      ? [{ field: `${path}.name`, message: noGlob(name, "a name, or '*' for every object") }]
      : []),
    ...(isGlob(namespace)
      ? [{ field: `${path}.namespace`, message: noGlob(namespace, 'the name of one namespace') }]
      : []),
    ...labels
      .filter((label): label is [string, string] => isGlob(label[1]))
      .map(([label, value]) => ({
        field: `${path}.matchLabels.${label}`,
        message: noGlob(value, 'the whole value of a label'),
      })),
  ]
}

/** Controllers of others may post events too: then the source names their group. */
function isReported({ kind, apiVersion }: Source): boolean {
  if (KNOWN_KINDS.has(kind)) return true
  const [group = '', version] = (apiVersion ?? '').split('/')
  return version !== undefined && !group.endsWith('.toolkit.fluxcd.io')
}

function unreported(kind: string): string {
  const meant = [...KNOWN_KINDS].find(
    (known) => known.toLowerCase() === kind.toLowerCase().replace(/s$/, ''),
  )
  const advice =
    meant === undefined
      ? 'if a controller of others does, name its apiVersion in the source'
      : `write ${meant}`
  return `no controller reports events of the kind ${kind}; ${advice}`
}

/** No name, namespace or label value has these characters. */
function isGlob(text: unknown): text is string {
  return typeof text === 'string' && /[*?[\]{}]/.test(text)
}

function noGlob(text: string, expected: string): string {
  return `no object fits ${text}, as this is no pattern; expected ${expected}`
}

function ignored(field: string): FieldError {
  return { field, message: 'is ignored, there is no such field' }
}
