import { RELAY_ANNOTATION_PREFIX } from '../../relay/model/kubernetes.ts'
import {
  RULE_ANNOTATIONS,
  type RuleAnnotation,
  type RuleBearer,
} from '../../relay/model/rule-annotations.ts'
import { settingAnnotations } from '../../relay/providers/registry.ts'
import { VALUE_PATTERNS } from './annotation-values.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** What an editor shows of each rule. */
const RULES: Readonly<Record<RuleAnnotation, string>> = {
  when: 'Condition in CEL: only events for which it is true are told.',
  only: 'failures: only failures and the recoveries from them are told; changes: successes at another revision too.',
  after:
    'When a failure is told: 3 times (at its third event) or 10m (once it has lasted so long).',
  remind: 'How often a failure that lasts is told again, such as 4h or 1d.',
  title: 'Title of the message; $(…) holds an expression in CEL.',
  text: 'Text of the message; $(…) holds an expression in CEL.',
  fields: 'Fields of the message: NAME: TEXT on each line; $(…) holds an expression in CEL.',
  thread:
    'Thread of the message: object, for one of each object, or an expression in CEL that names one.',
  link: 'Address of the page that the message leads to; $(…) holds an expression in CEL.',
  'group-by': 'Expression in CEL that gives a text: what has the same one is told in one message.',
  'group-wait':
    'How long a message of a group waits after each event, such as 30s; never: nothing is put together.',
  'group-max': 'How long a message of a group waits after the first event at most; 5m by default.',
  'incident-key':
    'Expression in CEL that gives the key of the incident: events with the same one open and close one incident.',
  'incident-labels':
    'Labels of the alerts of an Alertmanager, one NAME: TEXT on each line; $(…) holds an expression in CEL, and an empty text takes a label away.',
  self: 'What it is told of the relay itself: deliveries, clusters, alerts, or several with commas between them.',
  namespaces:
    'Namespaces of the objects that it is for, with commas between them, or * for all; for sources that name none.',
  type: 'Type that counts instead of spec.type, for types that the definitions of Flux refuse there.',
  provider:
    'Namespace and name of the Provider, in the place of spec.providerRef, such as platform/slack, which has to allow that by allow-namespaces; _fleet/slack is one that the relay keeps for all clusters.',
  'allow-namespaces':
    'Other namespaces whose Alerts may use this Provider, with commas between them, or * for all.',
  'allow-clusters':
    'For a Provider of the fleet: the clusters whose Alerts may use it, with commas between them, or * for all.',
}

/** What an editor shows of each annotation that some types of Providers read. */
const SETTINGS: Readonly<Record<string, string>> = {
  'api-url': 'Address of the API of a forge, where it does not follow from spec.address.',
  jetstream: 'For nats: "true" counts a message as sent once a stream of JetStream has it.',
  'smtp-plain':
    'For email: "true" sends without TLS, to a server that takes mail without a password.',
  'tls-first': 'For nats: "true" begins with TLS, before the server has said anything.',
}

/**
 * The JSON Schema of the annotations of a kind: the relay's own are described, others below its prefix are
 * mistakes, and those of anybody else are any text. It has no lookahead, which Go's expressions do not know.
 */
export function annotationsSchema(kind: RuleBearer): JsonSchema {
  const rules = Object.entries(RULES).filter(([name]) =>
    (RULE_ANNOTATIONS[name as RuleAnnotation] as readonly RuleBearer[]).includes(kind),
  )
  const settings = kind === 'Provider' ? [...settingAnnotations].map(settingOf) : []
  const properties = Object.fromEntries(
    [...rules, ...settings].map(([name, description]) => {
      const pattern = VALUE_PATTERNS[name as RuleAnnotation]
      return [RELAY_ANNOTATION_PREFIX + name, { description, type: 'string', pattern }]
    }),
  )
  const foreign = { not: { pattern: `^${RELAY_ANNOTATION_PREFIX.replaceAll('.', '\\.')}` } }
  return {
    type: ['object', 'null'],
    properties,
    additionalProperties: { type: 'string' },
    propertyNames: { anyOf: [{ enum: Object.keys(properties) }, foreign] },
  }
}

function settingOf(name: string): readonly [string, string] {
  const description = SETTINGS[name]
  if (description === undefined) throw new Error(`there is no description of ${name}`)
  return [name, description]
}
