/** The name of an object, and its namespace. */
export interface NamedObject {
  readonly namespace: string
  readonly name: string
}

/** Reads `namespace/name`, as messages and filters have it. A name alone is one of `namespace`. */
export function namedObject(text: string, namespace: string): NamedObject {
  const slash = text.indexOf('/')
  if (slash < 0) return { namespace, name: text }
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}
