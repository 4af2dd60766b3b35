import { z } from 'zod'

/**
 * A structural schema: the part of OpenAPI v3 that an API server takes and prunes by.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'boolean' | 'integer'
  readonly description?: string
  readonly nullable?: true
  readonly enum?: readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: StructuralSchema
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: StructuralSchema
  readonly 'x-kubernetes-list-type'?: 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

/** What zod writes of the schemas of the model; anything beside it is an error. */
const Common = { description: z.string().optional() }
const Written = z.discriminatedUnion('type', [
  z.strictObject({
    ...Common,
    type: z.literal('string'),
    enum: z.array(z.string()).optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    pattern: z.string().optional(),
  }),
  z.strictObject({ ...Common, type: z.literal('boolean') }),
  z.strictObject({
    ...Common,
    type: z.literal('array'),
    items: z.unknown(),
    minItems: z.int().optional(),
    maxItems: z.int().optional(),
  }),
  z.strictObject({
    ...Common,
    type: z.literal('object'),
    properties: z.record(z.string(), z.unknown()).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.unknown().optional(),
    // That keys are strings goes without saying in JSON.
    propertyNames: z.strictObject({ type: z.literal('string') }).optional(),
  }),
])

/** JSON Schema writes a null as one of several types, OpenAPI v3 as a keyword. */
const Nullable = z.union([
  z
    .looseObject({ type: z.tuple([z.string(), z.literal('null')]) })
    .transform(({ type: [type], ...rest }): unknown => ({ ...rest, type })),
  z
    .object({ anyOf: z.tuple([z.unknown(), z.strictObject({ type: z.literal('null') })]) })
    .transform(({ anyOf: [schema] }) => schema),
])

/**
 * The structural schema of what a zod schema takes, before its transforms. It says no more than the
 * zod schema does, and leaves out what only code can say (`refine`). Throws for what it does not
 * know how to write.
 */
export function structuralSchemaOf(schema: z.ZodType): StructuralSchema {
  const { $schema: _, ...written } = z.toJSONSchema(schema, { io: 'input', override: keepBounds })
  return convert(written)
}

/**
 * Of `a.pipe(b)` the input is `a`, but the bounds stand in `b`. They hold for the input, because
 * what transforms texts in the model keeps their length.
 */
const keepBounds: NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'] = (written) => {
  const { def } = written.zodSchema._zod
  if (def.type !== 'pipe' || def.out._zod.def.type !== 'string') return
  const { $schema: _, type: __, ...bounds } = z.toJSONSchema(def.out)
  Object.assign(written.jsonSchema, bounds)
}

function convert(written: unknown): StructuralSchema {
  const nullable = Nullable.safeParse(written)
  if (nullable.success) return { ...withoutEnum(convert(nullable.data)), nullable: true }
  const parsed = Written.parse(written)
  switch (parsed.type) {
    case 'array':
      return { ...parsed, items: convert(parsed.items) }
    case 'object': {
      const { properties, additionalProperties, propertyNames: _, ...rest } = parsed
      return {
        ...rest,
        ...(properties && { properties: mapValues(properties, convert) }),
        ...(additionalProperties !== undefined && {
          additionalProperties: convert(additionalProperties),
        }),
      }
    }
    default:
      return parsed
  }
}

/**
 * The same in a pattern, which null passes: an API server (1.35) takes no null where there is an
 * `enum`, not even if it is one of the values.
 */
function withoutEnum(schema: StructuralSchema): StructuralSchema {
  const { enum: values, ...rest } = schema
  if (!values) return schema
  if (!values.every((value) => /^\w*$/.test(value))) throw new Error('expected words in an enum')
  return { ...rest, pattern: `^(${values.join('|')})$` }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
