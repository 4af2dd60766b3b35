type Json = Readonly<Record<string, unknown>>

/**
 * What of a released API clients may rely on and a later one lacks: operations, answers and their
 * fields, problem codes; and what it wants that they do not send. Texts for people do not count.
 */
export function breakingChanges(released: Json, next: Json): readonly string[] {
  return [
    ...Object.entries(record(released.paths)).flatMap(([path, methods]) =>
      Object.entries(record(methods)).flatMap(([method, operation]) =>
        operationChanges(
          `${method.toUpperCase()} ${path}`,
          record(operation),
          at(next, 'paths', path, method),
        ),
      ),
    ),
    ...Object.entries(at(released, 'components', 'schemas') ?? {}).flatMap(([name, schema]) =>
      schemaChanges(name, record(schema), at(next, 'components', 'schemas', name)),
    ),
  ]
}

function operationChanges(name: string, released: Json, next: Json | undefined): readonly string[] {
  if (next === undefined) return [`${name} is gone`]
  const statuses = Object.keys(record(released.responses)).filter((status) => status < '300')
  const lost = statuses.filter((status) => at(next, 'responses', status) === undefined)
  const codes = (operation: Json) =>
    [...JSON.stringify(operation.responses).matchAll(/`([a-z-]+)`:/g)].map(([, code = '']) => code)
  const unknown = codes(released).filter((code) => !codes(next).includes(code))
  const isOpen = JSON.stringify(released.security) === JSON.stringify(next.security)
  const parameters = (operation: Json) => list(operation.parameters).map(({ name }) => String(name))
  const missing = parameters(released).filter((it) => !parameters(next).includes(it))
  return [
    ...(released.operationId === next.operationId ? [] : [`${name} has another operationId`]),
    ...lost.map((status) => `${name} answers ${status} no more`),
    ...unknown.map((code) => `${name} has the problem ${code} no more`),
    ...missing.map((parameter) => `${name} has the parameter ${parameter} no more`),
    ...(isOpen ? [] : [`${name} wants other credentials`]),
  ]
}

function schemaChanges(name: string, released: Json, next: Json | undefined): readonly string[] {
  if (next === undefined) return [`${name} is gone`]
  const isSame = JSON.stringify(kindOf(released)) === JSON.stringify(kindOf(next))
  const required = (schema: Json) => (Array.isArray(schema.required) ? schema.required : [])
  const demanded = required(next).filter((field) => !required(released).includes(field))
  const lost = required(released).filter((field) => !required(next).includes(field))
  const fields = Object.entries(record(released.properties)).flatMap(([field, schema]) =>
    schemaChanges(`${name}.${field}`, record(schema), at(next, 'properties', field)),
  )
  const items = released.items
    ? schemaChanges(`${name}[]`, record(released.items), at(next, 'items'))
    : []
  return [
    ...(isSame ? [] : [`${name} is of another type`]),
    ...demanded.map((field) => `${name}.${field} is required now`),
    ...lost.map((field) => `${name}.${field} may be missing now`),
    ...fields,
    ...items,
  ]
}

/** What a value may be, without the words about it. */
function kindOf({ type, $ref, anyOf, enum: values }: Json): unknown {
  return [type, $ref, list(anyOf).map(kindOf), values]
}

function at(value: Json, ...keys: readonly string[]): Json | undefined {
  let found: unknown = value
  for (const key of keys) found = record(found)[key]
  return typeof found === 'object' && found !== null ? record(found) : undefined
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : []
}
