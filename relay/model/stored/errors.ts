/** What is kept in a form of its own, and read back by whatever version runs then. */
export type StoredForm =
  | 'queued event'
  | 'retry'
  | 'delivery record'
  | 'configuration'
  | 'subject'
  | 'object memory'
  | 'count of rejections'

/** Something kept that cannot be read any more: nothing in it can be trusted. */
export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord'
  readonly form: StoredForm

  constructor(form: StoredForm, cause?: unknown) {
    super(`a stored ${form} cannot be read: ${textOf(cause)}`, { cause })
    this.form = form
  }
}

/** Something that a later version of the relay wrote. It is sound: that version can read it. */
export class LaterVersion extends Error {
  override readonly name = 'LaterVersion'
  readonly form: StoredForm

  constructor(form: StoredForm, cause?: unknown) {
    super(`a stored ${form} is of a later version: ${textOf(cause)}`, { cause })
    this.form = form
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause ?? 'it has another form')
}
