/** An error in what a person or a cluster sent: the field, and what was expected. */
export interface FieldError {
  /**
   * The path of the field, such as `involvedObject.name` or `spec.eventSources[0].kind`; empty for
   * the whole value.
   */
  readonly field: string
  readonly message: string
}

/** The error as one text: `involvedObject.name: expected a string`. */
export function fieldErrorText({ field, message }: FieldError): string {
  return field === '' ? message : `${field}: ${message}`
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The first `limit` errors of a failed schema, with paths as users write them. */
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

/**
 * Adds to a message how to write a YAML scalar that was read as another type, such as `0123` or
 * `yes`.
 */
function withAdvice(message: string): string {
  if (/^expected string, received (?:number|boolean)$/.test(message)) {
    return `${message}; put it in quotes`
  }
  return message === 'expected boolean, received string'
    ? `${message}; write true or false`
    : message
}
