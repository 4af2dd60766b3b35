/** A field of an event, which is of any sender; empty when it is no text. */
export function textField(fields: unknown, name: string): string {
  const value =
    typeof fields === 'object' && fields !== null ? Reflect.get(fields, name) : undefined
  return typeof value === 'string' ? value : ''
}

/** The texts of a field that maps names to texts, such as `metadata`. */
export function textEntries(fields: unknown, name: string): ReadonlyArray<[string, string]> {
  const value =
    typeof fields === 'object' && fields !== null ? Reflect.get(fields, name) : undefined
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string'
  })
}

/** An object's `Kind/namespace/name` in its parts. A text of another form is a name. */
export function objectParts(object: string) {
  const [kind = '', namespace = '', ...name] = object.split('/')
  if (name.length === 0) return { kind: '', namespace: '', name: object }
  return { kind, namespace, name: name.join('/') }
}
