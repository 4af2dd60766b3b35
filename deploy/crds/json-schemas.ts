import { annotationsSchema } from './annotation-schema.ts'
import { KINDS, type Kind } from './definitions.ts'
import { describeFields } from './descriptions.ts'
import { cdkSchema, TOKENS_SCHEMA } from './settings-schemas.ts'
import { type StructuralSchema, structuralSchemaOf } from './structural-schema.ts'

/** A JSON Schema as it is checked in. */
export interface SchemaFile {
  /** Within `deploy/schemas`. */
  readonly name: string
  readonly text: string
}

type JsonSchema = Readonly<Record<string, unknown>>

const DIALECT = 'http://json-schema.org/draft-07/schema#'

/**
 * The JSON Schemas of what the relay takes, for editors: of each kind, of a file of manifests, whose
 * objects of other kinds are anything, of the tokens file, and of cdk.json. All served versions of a kind
 * have the same fields.
 */
export function schemaFiles(): readonly SchemaFile[] {
  const kinds = KINDS.map((kind) => [`${kind.kind.toLowerCase()}.schema.json`, objectSchema(kind)])
  const manifests = {
    description: 'A Kubernetes object in a folder of manifests.',
    type: 'object',
    allOf: KINDS.map((kind) => ({
      if: {
        required: ['kind', 'apiVersion'],
        properties: {
          kind: { const: kind.kind },
          apiVersion: { type: 'string', pattern: `^${kind.group.replaceAll('.', '\\.')}/` },
        },
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: objectSchema(kind),
    })),
  }
  const others = [
    ['manifests.schema.json', manifests],
    ['tokens.schema.json', TOKENS_SCHEMA],
    ['cdk.schema.json', cdkSchema()],
  ]
  return [...kinds, ...others].map(([name, schema]) => ({
    name: String(name),
    text: `${JSON.stringify({ $schema: DIALECT, ...Object(schema) }, null, 2)}\n`,
  }))
}

function objectSchema({ kind, group, versions, description, spec, fields }: Kind): JsonSchema {
  return {
    description,
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    properties: {
      apiVersion: {
        enum: versions.map((version) => `${group}/${version}`),
      },
      kind: { const: kind },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          namespace: { type: 'string' },
          ...(kind !== 'Silence' && { annotations: annotationsSchema(kind) }),
        },
      },
      spec: jsonSchemaOf(describeFields(structuralSchemaOf(spec), 'spec', fields)),
      status: { type: 'object' },
    },
  }
}

/** The same in JSON Schema, where null is a type, and a field that is not named is a mistake. */
function jsonSchemaOf(schema: StructuralSchema): JsonSchema {
  const { type, nullable, items, properties, additionalProperties, ...rest } = schema
  return {
    ...rest,
    type: nullable ? [type, 'null'] : type,
    ...(items && { items: jsonSchemaOf(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, jsonSchemaOf(inner)]),
      ),
      additionalProperties: false,
    }),
    ...(additionalProperties && { additionalProperties: jsonSchemaOf(additionalProperties) }),
  }
}
