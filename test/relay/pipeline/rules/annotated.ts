/** An object with annotations of the relay, whose names come without their prefix. */
export function annotated<T extends { readonly metadata: object }>(
  object: T,
  annotations: Readonly<Record<string, string>>,
) {
  const named = Object.entries(annotations).map(([name, value]) => [`flux-relay.io/${name}`, value])
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(named) } }
}
