import { onOneLine } from '../output/line.ts'
import { annotation } from '../validate/annotation.ts'
import type { FieldChange } from './field-changes.ts'
import type { ObjectChange } from './object-changes.ts'

/** The changes for people, and a line that counts them. `unchanged`: the objects that are as they were. */
export function formatChanges(changes: readonly ObjectChange[], unchanged: number): string {
  const objects = changes.map((change) => {
    const { object, file, line } = change
    const place = file === undefined ? '' : `   ${file}:${line}`
    const head = `${change.change.padEnd(7)}   ${object}${place}`
    return [head, ...details(change).map((detail) => `  ${detail}`)]
      .map((text) => `${onOneLine(text)}\n`)
      .join('')
  })
  return [...objects, `${objects.length > 0 ? '\n' : ''}${summary(changes, unchanged)}\n`].join('')
}

/** The changes as annotations of a pull request. `path` stands for an object that no file has. */
export function annotateChanges(changes: readonly ObjectChange[], path: string): string {
  return changes
    .map((change) =>
      annotation({
        file: change.file ?? path,
        ...(change.line !== undefined && { line: change.line }),
        object: change.object,
        message: [change.change, ...details(change)].map(onOneLine).join('\n'),
        severity: ceasesToBeReady(change) ? 'warning' : 'notice',
      }),
    )
    .join('')
}

function details(change: ObjectChange): readonly string[] {
  return [...change.fields.map(fieldText), ...readinessTexts(change)]
}

function fieldText(change: FieldChange): string {
  const { field, before, after } = change
  if (!('before' in change)) return `${field}: + ${valueText(after)}`
  if (!('after' in change)) return `${field}: - ${valueText(before)}`
  return `${field}: ${valueText(before)} -> ${valueText(after)}`
}

/** A mask is no text of the field, so it stands without quotes. */
function valueText(value: unknown): string {
  return value === '***' ? value : JSON.stringify(value)
}

function readinessTexts(change: ObjectChange): readonly string[] {
  const { before, after, reason, message } = change
  const why = `(${reason}): ${message}`
  if (after === 'not ready') {
    if (before === undefined) return [`would not be ready ${why}`]
    return [before === 'not ready' ? `stays not ready ${why}` : `would become not ready ${why}`]
  }
  if (after === 'ready' && before === 'not ready') return ['would become ready']
  return isAboutSecret(change)
    ? ['whether it would be ready is not known: its Secret is not among the files']
    : []
}

/** Whether a Provider gets a Secret, or is to use one in another way, that is not among the files. */
function isAboutSecret({ object, after, change, fields }: ObjectChange): boolean {
  if (after !== 'unknown' || !object.startsWith('Provider/')) return false
  return change === 'new' || fields.some(({ field }) => /^spec\.(?:type$|\w*ecretRef)/.test(field))
}

function ceasesToBeReady({ before, after }: ObjectChange): boolean {
  return after === 'not ready' && before !== 'not ready'
}

function summary(changes: readonly ObjectChange[], unchanged: number): string {
  const count = (wanted: string) => changes.filter(({ change }) => change === wanted).length
  const wrong = changes.filter(ceasesToBeReady).length
  const counts = `${count('new')} new, ${count('changed')} changed, ${count('gone')} gone, ${unchanged} unchanged`
  return wrong === 0 ? counts : `${counts}; ${wrong} would not be ready`
}
