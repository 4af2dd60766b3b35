import type { StructuralSchema } from './structural-schema.ts'

/**
 * A condition as the API conventions have it.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#condition-v1-meta
 */
const CONDITION: StructuralSchema = {
  type: 'object',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: { description: 'What it is about, such as Ready.', type: 'string', maxLength: 316 },
    status: {
      description: 'Whether it holds.',
      type: 'string',
      enum: ['True', 'False', 'Unknown'],
    },
    observedGeneration: {
      description: 'The generation of the object that it tells of.',
      type: 'integer',
      format: 'int64',
      minimum: 0,
    },
    lastTransitionTime: {
      description: 'When status last changed.',
      type: 'string',
      format: 'date-time',
    },
    reason: {
      description: 'One word for programs that says why.',
      type: 'string',
      minLength: 1,
      maxLength: 1_024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    },
    message: { description: 'Says why, to a person.', type: 'string', maxLength: 32_768 },
  },
}

/** What the shipper writes back of the relay's answer. */
export const STATUS_SCHEMA: StructuralSchema = {
  description: 'What the relay says of the object.',
  type: 'object',
  properties: {
    observedGeneration: {
      description: 'The generation of the object that the relay has last seen.',
      type: 'integer',
      format: 'int64',
    },
    conditions: {
      description: 'Ready tells whether the relay uses the object.',
      type: 'array',
      items: CONDITION,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
}
