import { globSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import type { z } from 'zod'
import { policyText } from '../../deploy/admission/policy.ts'
import { definitionFiles } from '../../deploy/crds/definitions.ts'
import type { StructuralSchema } from '../../deploy/crds/structural-schema.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { AlertSpec } from '../../relay/model/alert.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { ProviderSpec } from '../../relay/model/provider.ts'

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: ReadonlyArray<{
      readonly name: string
      readonly schema: { readonly openAPIV3Schema: StructuralSchema }
    }>
  }
}

const definitions = definitionFiles().map(({ text }) => parse(text) as Definition)

/** Every schema within one, with its path. */
function schemasIn(schema: StructuralSchema, path = ''): ReadonlyArray<[string, StructuralSchema]> {
  const { items, additionalProperties, properties = {} } = schema
  return [
    [path, schema],
    ...Object.entries(properties).flatMap(([name, inner]) => schemasIn(inner, `${path}.${name}`)),
    ...(items ? schemasIn(items, `${path}[]`) : []),
    ...(additionalProperties ? schemasIn(additionalProperties, `${path}{}`) : []),
  ]
}

const ajv = new Ajv({ formats: { int64: true, 'date-time': true } }).addVocabulary([
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
])

/** What each definition says of an object, by its kind and version. */
const validators = new Map(
  definitions.flatMap(({ spec }) =>
    spec.versions.map(({ name, schema }) => [
      `${spec.names.kind} ${spec.group}/${name}`,
      ajv.compile(schema.openAPIV3Schema),
    ]),
  ),
)

function problems(object: KubernetesObject): readonly string[] {
  const validate = validators.get(`${object.kind} ${object.apiVersion}`)
  if (!validate) return [`${object.kind} ${object.apiVersion} is not served`]
  validate(object)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const TEXTS = ['', 'x', 'info', 'error', 'fatal', '30s', '*', 'Pod', '🚀', '\ud800']
const LENGTHS = [64, 65, 253, 254, 255, 256, 2_048, 2_049, 8_192, 8_193]
const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.tuple(fc.constantFrom('x', '🚀'), fc.constantFrom(...LENGTHS)).map(([c, n]) => c.repeat(n)),
)
const map = fc.dictionary(fc.constantFrom('a', 'b/c', ''), text, { maxKeys: 2 })
const reference = fc.record({ name: text })
const source = fc.record(
  { apiVersion: text, kind: text, name: text, namespace: text, matchLabels: map },
  { requiredKeys: ['kind', 'name'] },
)

/** A value of the kind that a field takes, or null, or one of another kind. */
function field<T>(value: fc.Arbitrary<T>) {
  return fc.oneof(
    { arbitrary: value, weight: 12 },
    { arbitrary: fc.constant(null), weight: 2 },
    { arbitrary: fc.constantFrom<unknown>(1, true, 'x', [], {}, ['x', null]), weight: 1 },
  )
}

function spec(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>, requiredKeys: string[]) {
  const optional = Object.entries(fields).map(([name, value]) => [name, field(value)] as const)
  return fc.record(Object.fromEntries(optional), { requiredKeys })
}

const SPECS: ReadonlyArray<readonly [string, z.ZodObject, fc.Arbitrary<unknown>]> = [
  [
    'Alert',
    AlertSpec,
    spec(
      {
        providerRef: reference,
        eventSeverity: fc.oneof(fc.constantFrom('info', 'error'), text),
        eventSources: fc.array(source, { maxLength: 2 }),
        inclusionList: fc.array(text, { maxLength: 2 }),
        exclusionList: fc.array(text, { maxLength: 2 }),
        eventMetadata: map,
        summary: text,
        suspend: fc.boolean(),
      },
      ['providerRef', 'eventSources'],
    ),
  ],
  [
    'Provider',
    ProviderSpec,
    spec(
      {
        type: text,
        interval: text,
        channel: text,
        username: text,
        address: text,
        timeout: text,
        proxy: text,
        proxySecretRef: reference,
        secretRef: reference,
        serviceAccountName: text,
        certSecretRef: reference,
        suspend: fc.boolean(),
        commitStatusExpr: text,
      },
      ['type'],
    ),
  ],
]

const objectOf = (kind: string, value: unknown) => ({
  apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
  kind,
  metadata: { name: 'x' },
  spec: value,
})

describe('the definitions of Alert, Provider and Silence', () => {
  it.each(definitionFiles())('$name is what the generator makes', ({ name, text }) => {
    expect(readProjectFile(`deploy/crds/${name}`), 'run `npm run crds`').toBe(text)
  })

  it('come with an admission policy that knows the same annotations', () => {
    expect(readProjectFile('deploy/admission/policy.yaml'), 'run `npm run crds`').toBe(policyText())
  })

  it('have structural schemas', () => {
    for (const { spec } of definitions) {
      for (const { schema } of spec.versions) {
        for (const [path, one] of schemasIn(schema.openAPIV3Schema)) {
          expect(one.type, path).toMatch(/^(object|array|string|boolean|integer)$/)
          expect(one.type === 'array', path).toBe(one.items !== undefined)
          expect(one.properties && one.additionalProperties, path).toBeUndefined()
          // An API server takes no null where there is an enum.
          expect(one.nullable && one.enum, path).toBeUndefined()
        }
      }
    }
  })

  it('serve each version that Flux has served, with a status', () => {
    for (const { spec } of definitions.filter(({ spec }) => spec.group !== 'flux-relay.io')) {
      expect(spec.versions).toMatchObject([
        { name: 'v1beta1', served: true, storage: false, subresources: { status: {} } },
        { name: 'v1beta2', served: true, storage: false, subresources: { status: {} } },
        { name: 'v1beta3', served: true, storage: true, subresources: { status: {} } },
      ])
    }
  })

  it('take every example', () => {
    const objects = globSync('examples/**/*.yaml', { cwd: projectPath('.') })
      .flatMap((file) => parseAllDocuments(readProjectFile(file)))
      .map((document) => document.toJS() as KubernetesObject)
      .filter(({ kind }) => kind === 'Alert' || kind === 'Provider')
    expect(objects.length).toBeGreaterThan(70)
    expect(objects.flatMap(problems)).toEqual([])
  })

  it.each(SPECS)('take every %s that the relay takes', (kind, schema, values) => {
    const fields = Object.keys(schema.shape)
    const seen = new Set<string>()
    fc.assert(
      fc.property(values, (value) => {
        if (!schema.safeParse(value).success) return
        for (const name of Object.keys(Object(value))) seen.add(name)
        expect(problems(objectOf(kind, value))).toEqual([])
      }),
      { numRuns: 1_000 },
    )
    expect([...seen].sort()).toEqual(fields.sort())
  })

  it.each([
    ['a severity that there is not', { eventSeverity: 'fatal' }],
    ['no source', { eventSources: [] }],
    ['a source without kind', { eventSources: [{ name: 'x' }] }],
    ['a name that is too long', { providerRef: { name: 'x'.repeat(254) } }],
    ['a summary that is too long', { summary: 'x'.repeat(256) }],
    ['a number as a text', { summary: 1 }],
    ['a list as a map', { eventMetadata: ['x'] }],
  ])('refuse %s', (_, change) => {
    const valid = { providerRef: { name: 'x' }, eventSources: [{ kind: 'Pod', name: '*' }] }
    expect(problems(objectOf('Alert', valid))).toEqual([])
    expect(problems(objectOf('Alert', { ...valid, ...change }))).not.toEqual([])
  })
})
