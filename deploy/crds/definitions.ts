import { stringify } from 'yaml'
import type { z } from 'zod'
import { AlertSpec } from '../../relay/model/alert.ts'
import { NOTIFICATION_GROUP, NOTIFICATION_VERSIONS } from '../../relay/model/kubernetes.ts'
import { ProviderSpec } from '../../relay/model/provider.ts'
import type { RuleBearer } from '../../relay/model/rule-annotations.ts'
import { RELAY_GROUP, SILENCE_VERSIONS, SilenceSpec } from '../../relay/model/silence-object.ts'
import {
  ALERT_DESCRIPTIONS,
  type Descriptions,
  describeFields,
  PROVIDER_DESCRIPTIONS,
  SILENCE_DESCRIPTIONS,
} from './descriptions.ts'
import { STATUS_SCHEMA } from './status-schema.ts'
import { type StructuralSchema, structuralSchemaOf } from './structural-schema.ts'

/** A kind of the relay, and what is said of it. */
export interface Kind {
  readonly kind: RuleBearer | 'Silence'
  readonly group: string
  /** The versions that a manifest may have. */
  readonly versions: readonly string[]
  /** Those that the definition serves. */
  readonly served: readonly string[]
  /** The one that the API server keeps objects in. */
  readonly stored: string
  readonly categories: readonly string[]
  readonly plural: string
  readonly description: string
  readonly spec: z.ZodType
  readonly fields: Descriptions
}

/** The versions of Flux's kinds: those that Flux has served, and the one in which its own definitions keep objects. */
const FLUX = {
  group: NOTIFICATION_GROUP,
  versions: NOTIFICATION_VERSIONS,
  served: ['v1beta1', 'v1beta2', 'v1beta3'],
  stored: 'v1beta3',
  categories: ['all', 'fluxcd', 'fluxcd-notifications'],
} as const

/** The kinds that have definitions. */
export const KINDS: readonly Kind[] = [
  {
    ...FLUX,
    kind: 'Alert',
    plural: 'alerts',
    description: 'Alert says which events go to which Provider.',
    spec: AlertSpec,
    fields: ALERT_DESCRIPTIONS,
  },
  {
    ...FLUX,
    kind: 'Provider',
    plural: 'providers',
    description: 'Provider is a destination of notifications.',
    spec: ProviderSpec,
    fields: PROVIDER_DESCRIPTIONS,
  },
  {
    group: RELAY_GROUP,
    versions: SILENCE_VERSIONS,
    served: SILENCE_VERSIONS,
    stored: 'v1alpha1',
    categories: ['flux-relay'],
    kind: 'Silence',
    plural: 'silences',
    description:
      'Silence keeps events from the chat and incident tools of the Alerts of its namespace.',
    spec: SilenceSpec,
    fields: SILENCE_DESCRIPTIONS,
  },
]

const PRINTED_COLUMNS = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

const HEADER = '# Made by `npm run crds` from relay/model; do not edit.\n'

/** A definition as it is checked in. */
export interface DefinitionFile {
  /** Within `deploy/crds`. */
  readonly name: string
  readonly text: string
}

/** The CustomResourceDefinitions of what the relay takes. */
export function definitionFiles(): readonly DefinitionFile[] {
  return KINDS.map((kind) => ({
    name: `${kind.plural}.yaml`,
    text: HEADER + stringify(definitionOf(kind), { lineWidth: 100, aliasDuplicateObjects: false }),
  }))
}

function definitionOf({ kind, plural, description, spec, fields, ...of }: Kind) {
  const schema = objectSchema(description, describeFields(structuralSchemaOf(spec), 'spec', fields))
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${of.group}`,
      labels: { 'app.kubernetes.io/part-of': 'flux-relay' },
    },
    spec: {
      group: of.group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: of.categories,
      },
      // One schema for all of them, so nothing gets lost between two versions.
      versions: of.served.map((name) => ({
        name,
        served: true,
        storage: name === of.stored,
        additionalPrinterColumns: PRINTED_COLUMNS,
        subresources: { status: {} },
        schema: { openAPIV3Schema: schema },
      })),
    },
  }
}

function objectSchema(description: string, spec: StructuralSchema): StructuralSchema {
  return {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { description: 'Group and version of the object.', type: 'string' },
      kind: { description: 'Kind of the object.', type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: STATUS_SCHEMA,
    },
  }
}
