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
    message: forPeople(message, path.length === 0),
  }))
}

/**
 * Words a schema's message for who wrote the field: what is missing was not "received", a record is an object as
 * well, and an empty text among the choices is the same as no field. Adds how to write a YAML scalar that was read as
 * another type, such as `0123` or `yes`.
 */
function forPeople(issue: string, isWhole: boolean): string {
  const message = issue
    .replace(/^Invalid (?:input|option): /, '')
    .replace(/^expected record\b/, 'expected object')
  const missing = /^(expected .*), received undefined$/.exec(message)?.[1]
  // Of the whole, nothing is what a text of another form was read as.
  if (missing !== undefined) return isWhole ? missing : `is missing, ${missing}`
  if (/^expected string, received (?:number|boolean)$/.test(message)) {
    return `${message}; put it in quotes`
  }
  if (message === 'expected boolean, received string') return `${message}; write true or false`
  const choices = /^expected one of "(.*)"$/.exec(message)?.[1]
  if (choices === undefined) return message
  return `expected ${choices.split('"|"').filter(Boolean).join(' or ')}`
}
