import { z } from 'zod'
import { OPERATOR_NAME_FORM } from '../../hosts/embedded/tokens.ts'
import { SETTINGS_KEY, SettingFields } from '../../lib/deployment-settings.ts'
import { OPERATOR_ROLES } from '../../relay/api/senders.ts'
import { CLUSTER_NAME_FORM } from '../../relay/model/config.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** `TOKEN_FORM`, and around it what is left out of a token, such as the line break of a block. */
const TOKEN: JsonSchema = { type: 'string', pattern: '^\\s*[!-~]+\\s*$' }

function oneOrMore(item: JsonSchema) {
  return { anyOf: [item, { type: 'array', items: item, minItems: 1 }] }
}

const OPERATOR: JsonSchema = {
  type: 'object',
  required: ['name', 'token', 'role'],
  additionalProperties: false,
  properties: {
    name: {
      description: 'A DNS label, which records show.',
      type: 'string',
      pattern: OPERATOR_NAME_FORM.source,
    },
    token: {
      description: 'The token, or a list of tokens while one is replaced.',
      ...oneOrMore(TOKEN),
    },
    role: { description: 'A viewer reads, and changes nothing.', enum: OPERATOR_ROLES },
  },
}

const CLUSTER: JsonSchema = {
  type: 'object',
  required: ['token'],
  additionalProperties: false,
  properties: {
    token: {
      description: 'The token, or a list of tokens while one is replaced.',
      ...oneOrMore(TOKEN),
    },
    observe: {
      description: 'Whether all is decided and recorded for the cluster, and nothing is sent.',
      type: 'boolean',
    },
  },
}

/**
 * The JSON Schema of the tokens file. It is written by hand, since what the relay makes of the file cannot be
 * told by a schema; a test holds it beside what the relay accepts. That a token is there twice it does not see.
 */
export const TOKENS_SCHEMA: JsonSchema = {
  description: 'Who may use a relay: the file of `flux-relay serve --tokens`.',
  type: 'object',
  additionalProperties: false,
  properties: {
    operators: {
      description:
        'Who reads, replays and opens the console: tokens, or maps with name, token and role.',
      anyOf: [TOKEN, { type: 'array', items: { anyOf: [TOKEN, OPERATOR] }, minItems: 1 }],
    },
    clusters: {
      description:
        'The token of each cluster, its list of tokens while one is replaced, or a map with token and observe.',
      type: 'object',
      propertyNames: { pattern: CLUSTER_NAME_FORM.source },
      additionalProperties: { anyOf: [...oneOrMore(TOKEN).anyOf, CLUSTER] },
    },
    retired: {
      description: 'What `flux-relay cluster delete` wrote: tokens that let nobody in.',
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['at', 'tokens'],
        additionalProperties: false,
        properties: {
          at: { type: 'string', format: 'date-time' },
          tokens: oneOrMore(TOKEN),
          observe: { type: 'boolean' },
        },
      },
    },
  },
}

/** The JSON Schema of cdk.json, of which only the settings of a relay are described. */
export function cdkSchema(): JsonSchema {
  const { $schema: _, ...settings } = z.toJSONSchema(SettingFields, {
    target: 'draft-7',
    io: 'input',
  })
  return {
    description: 'A file cdk.json with the settings of a relay on AWS.',
    type: 'object',
    properties: { context: { type: 'object', properties: { [SETTINGS_KEY]: settings } } },
  }
}
