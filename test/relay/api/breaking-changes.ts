type Json = Readonly<Record<string, unknown>>

/**
 * What of a released API clients may rely on and a later one lacks: operations, answers and their
 * fields, problem codes; and what it wants that they do not send. Texts for people do not count.
 */
export function breakingChanges(released: Json, next: Json): readonly string[] {
  const isAnswered = componentsOfAnswers(released)
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
      schemaChanges(
        name,
        record(schema),
        at(next, 'components', 'schemas', name),
        isAnswered.has(name) ? 'answer' : 'request',
      ),
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

/** The components that answers consist of. */
function componentsOfAnswers(api: Json): ReadonlySet<string> {
  const namesIn = (value: unknown) =>
    [...JSON.stringify(value ?? {}).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name = '']) => name,
    )
  const operations = Object.values(record(api.paths)).flatMap((path) => Object.values(record(path)))
  const found = new Set(operations.flatMap((operation) => namesIn(record(operation).responses)))
  // A set visits what is added while it is gone through.
  for (const name of found) {
    for (const inner of namesIn(at(api, 'components', 'schemas', name))) found.add(inner)
  }
  return found
}

/** What is sent may be of more types than before; what is answered is of the same. */
function schemaChanges(
  name: string,
  released: Json,
  next: Json | undefined,
  use: 'request' | 'answer',
): readonly string[] {
  if (next === undefined) return [`${name} is gone`]
  const isSame =
    JSON.stringify(kindOf(released)) === JSON.stringify(kindOf(next)) ||
    (use === 'request' && isWider(released, next)) ||
    namesMore(released, next)
  const required = (schema: Json) => (Array.isArray(schema.required) ? schema.required : [])
  const demanded = required(next).filter((field) => !required(released).includes(field))
  const lost = required(released).filter((field) => !required(next).includes(field))
  const fields = Object.entries(record(released.properties)).flatMap(([field, schema]) =>
    schemaChanges(`${name}.${field}`, record(schema), at(next, 'properties', field), use),
  )
  const items = released.items
    ? schemaChanges(`${name}[]`, record(released.items), at(next, 'items'), use)
    : []
  return [
    ...(isSame ? [] : [`${name} is of another type`]),
    ...demanded.map((field) => `${name}.${field} is required now`),
    ...lost.map((field) => `${name}.${field} may be missing now`),
    ...fields,
    ...items,
  ]
}

/** Whether a value of the released types is one of the next types, which are plain. */
function isWider(released: Json, next: Json): boolean {
  const types = ({ type, anyOf }: Json): readonly unknown[] =>
    list(anyOf).length > 0 ? list(anyOf).flatMap(types) : [type].flat()
  const before = types(released)
  return before[0] !== undefined && before.every((type) => types(next).includes(type))
}

/** Whether both take any text, and the next one names all texts that the released one names. */
function namesMore(released: Json, next: Json): boolean {
  const [before, after] = [released, next].map(namedTexts)
  return (
    before !== undefined && after !== undefined && before.every((value) => after.includes(value))
  )
}

/** The texts that a schema names which takes any text; undefined for another schema. */
function namedTexts({ anyOf }: Json): readonly unknown[] | undefined {
  const options = list(anyOf)
  const isAnyText = options.some(({ type, enum: values }) => type === 'string' && !values)
  const areTexts = options.every(({ type }) => type === 'string')
  if (!isAnyText || !areTexts) return undefined
  return options.flatMap(({ enum: values }) => (Array.isArray(values) ? values : []))
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
