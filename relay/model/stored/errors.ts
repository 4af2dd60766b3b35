/** The kinds of stored data. Each has a form of its own, and is read by later versions. */
export type StoredForm =
  | 'queued event'
  | 'retry'
  | 'delivery record'
  | 'configuration'
  | 'subject'
  | 'object memory'
  | 'episode'
  | 'trouble'
  | 'told readiness'
  | 'failing providers'
  | 'group window'
  | 'group message'
  | 'silences'
  | 'held failure'
  | 'count of rejections'

/** Stored data that no version can read: nothing in it can be trusted. */
export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord'
  readonly form: StoredForm

  constructor(form: StoredForm, cause?: unknown) {
    super(`a stored ${form} cannot be read: ${textOf(cause)}`, { cause })
    this.form = form
  }
}

/** Stored data that a later version of the relay wrote. It is sound: that version can read it. */
export class LaterVersion extends Error {
  override readonly name = 'LaterVersion'
  readonly form: StoredForm

  constructor(form: StoredForm, cause?: unknown) {
    super(`a stored ${form} is of a later version: ${textOf(cause)}`, { cause })
    this.form = form
  }
}

/**
 * What is wrong with stored data that cannot be read, and what a person can do about it; undefined
 * for other errors.
 */
export function unreadableText(error: unknown): string | undefined {
  if (error instanceof LaterVersion) {
    return `${error.message}. Run that version of flux-relay, or a later one, and try again.`
  }
  if (error instanceof DamagedRecord) {
    return `${error.message}. Restore the store from a backup, or send the event again; the list shows what is known of it.`
  }
  return undefined
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause ?? 'it has another form')
}
