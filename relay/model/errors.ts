/** Something wrong in what a person or a cluster sent: where, and what was expected. */
export interface FieldError {
  /** Such as `involvedObject.name` or `spec.eventSources[0].kind`; empty for the whole. */
  readonly field: string
  readonly message: string
}

/** `involvedObject.name: expected a string`. */
export function fieldErrorText({ field, message }: FieldError): string {
  return field === '' ? message : `${field}: ${message}`
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The first `limit` issues of a failed schema, with paths as users write them. */
export function fieldErrors(issues: readonly Issue[], limit = 10): readonly FieldError[] {
  return issues.slice(0, limit).map(({ path, message }) => ({
    field: path.reduce<string>(
      (text, key) =>
        typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
      '',
    ),
    message: withAdvice(message.replace(/^Invalid input: /, '')),
  }))
}

/** What to write in place of a scalar that YAML takes for one of another type: `0123`, `yes`. */
function withAdvice(message: string): string {
  if (/^expected string, received (?:number|boolean)$/.test(message)) {
    return `${message}; put it in quotes`
  }
  return message === 'expected boolean, received string'
    ? `${message}; write true or false`
    : message
}
