import type { Redact } from '../../relay/redact/redact.ts'
import { comparedFields } from './compared-fields.ts'
import { type FieldChange, fieldChanges } from './field-changes.ts'
import { maskChange } from './masked.ts'
import type { Side, SideObject, Standing } from './sides.ts'

/** What is different about one object. */
export interface ObjectChange {
  /** `same`: only whether it takes effect is different. */
  readonly change: 'new' | 'changed' | 'gone' | 'same'
  /** `Alert/flux-system/on-call`. */
  readonly object: string
  /** From the working directory; absent of an object that no file has. */
  readonly file?: string
  /** Where it begins in the file; counts from 1. */
  readonly line?: number
  /** Of a changed object. What may be secret is masked. */
  readonly fields: readonly FieldChange[]
  /** Absent when it is not there. */
  readonly before?: Standing
  /** Absent when it is not there. */
  readonly after?: Standing
  /** Why it would not be ready. */
  readonly reason?: string
  readonly message?: string
}

/** The objects that are new, gone or changed, or that would begin or cease to be ready, by name. */
export function objectChanges(before: Side, after: Side, redact: Redact): readonly ObjectChange[] {
  const names = new Set([...before.objects.keys(), ...after.objects.keys()])
  return [...names].toSorted().flatMap((name) => {
    const change = changeOf(name, before.objects.get(name), after.objects.get(name), redact)
    return change ? [change] : []
  })
}

function changeOf(
  object: string,
  before: SideObject | undefined,
  after: SideObject | undefined,
  redact: Redact,
): ObjectChange | undefined {
  const { file, line } = (after ?? before)?.place ?? {}
  const known = {
    object,
    ...(file !== undefined && { file, line: line ?? 1 }),
    ...(before && { before: before.standing }),
    ...(after && { after: after.standing }),
    ...(after?.standing === 'not ready' && readinessOf(after, redact)),
  }
  if (!before || !after) return { change: before ? 'gone' : 'new', ...known, fields: [] }
  const [kind = ''] = object.split('/')
  const fields = fieldChanges(comparedFields(before.manifest), comparedFields(after.manifest)).map(
    (change) => maskChange(change, kind, redact),
  )
  if (fields.length > 0) return { change: 'changed', ...known, fields }
  return turns(before.standing, after.standing) ? { change: 'same', ...known, fields } : undefined
}

function readinessOf({ readiness }: SideObject, redact: Redact) {
  return readiness && { reason: readiness.reason, message: redact(readiness.message) }
}

/** Whether it is known that an object begins or ceases to be ready. */
function turns(before: Standing, after: Standing): boolean {
  return before !== after && after !== 'unknown' && (before !== 'unknown' || after === 'not ready')
}
