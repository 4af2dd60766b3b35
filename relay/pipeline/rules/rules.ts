import { CelError } from '../../cel/cel-error.ts'
import { type Condition, compileCondition } from '../../cel/condition.ts'
import { compileTemplate } from '../../cel/template.ts'
import { compileTextExpression } from '../../cel/text-expression.ts'
import type { FieldError } from '../../model/errors.ts'
import { type ProviderRef, parseProviderRef } from '../../model/provider-ref.ts'
import {
  annotationField,
  type RuleAnnotation,
  type RuleBearer,
  unknownAnnotations,
} from '../../model/rule-annotations.ts'
import type { ProviderType } from '../../providers/contract.ts'
import { providerTypes } from '../../providers/registry.ts'
import { unknownType } from '../unknown-type.ts'
import { compileFields } from './fields.ts'
import { type GroupRule, groupRule, parseGroupTime, parseGroupWait } from './group-rule.ts'
import { compileIncident, type IncidentRules, incidentMisfits } from './incident-rules.ts'
import { compileLink } from './link.ts'
import { type CompileRule, compileMemory, type MemoryRules, memoryMisfits } from './memory-rules.ts'
import { type NameList, parseClusters, parseNamespaces } from './namespaces.ts'
import { RuleError } from './rule-error.ts'
import { type RuleTexts, textMisfits } from './rule-texts.ts'
import { parseSelf, type SelfTopic } from './self-rule.ts'
import { compileThread } from './thread-rule.ts'

/** The longest text of a rule, in UTF-16 units. */
const MAX_RULE_LENGTH = 8_192

/** The rules in the annotations of an Alert or a Provider. */
export interface Rules extends RuleTexts {
  readonly when?: Condition
  /** Where the objects of an Alert's sources are that name no namespace; absent: in the Alert's own. */
  readonly namespaces?: NameList
  /** The Provider of an Alert; absent: the one of its own namespace that its spec names. */
  readonly provider?: ProviderRef
  /** The other namespaces whose Alerts may use a Provider; absent: none. */
  readonly allowedNamespaces?: NameList
  /** The clusters whose Alerts may use a Provider of the fleet; absent: none. */
  readonly allowedClusters?: NameList
  readonly memory?: MemoryRules
  /** What is said of the incident that an event belongs to. */
  readonly incident?: IncidentRules
  /** What an Alert is told of the relay itself. */
  readonly self?: readonly SelfTopic[]
  /** How notifications become one message; `never`: not at all. */
  readonly group?: GroupRule | 'never'
  /**
   * What is wrong with an annotation, if anything. The object's deliveries then wait until it is mended:
   * nothing is sent, or kept back, by mistake.
   */
  readonly errors: readonly FieldError[]
}

/**
 * Compiles the relay's annotations of an object, whose names come without their prefix. `settings`: the
 * annotations that are known besides rules.
 */
export function compileRules(
  kind: RuleBearer,
  annotations: Readonly<Record<string, string>>,
  settings: ReadonlySet<string> = NO_SETTINGS,
): Rules {
  if (Object.keys(annotations).length === 0) return NO_RULES
  const errors = [...unknownAnnotations(kind, annotations, settings)]
  const compiled: CompileRule = (name, compile) => {
    const source = annotations[name]
    if (source === undefined) return undefined
    const result = compileRule(source, compile, EXPECTED[name])
    if ('rule' in result) return result.rule
    errors.push({ field: annotationField(name), message: result.error })
    return undefined
  }
  const when = compiled('when', compileCondition)
  const title = compiled('title', compileTemplate)
  const text = compiled('text', compileTemplate)
  // What it says is the `spec.type` of the Provider by now.
  compiled('type', knownType)
  const fields = compiled('fields', compileFields)
  const link = compiled('link', compileLink)
  const thread = compiled('thread', compileThread)
  // One that is wrong may be meant for any: their events then wait for the mended one.
  const namespaces =
    annotations.namespaces === undefined
      ? undefined
      : (compiled('namespaces', parseNamespaces) ?? 'all')
  const provider = compiled('provider', providerOf)
  const allowedNamespaces = compiled('allow-namespaces', parseNamespaces)
  const memory = compileMemory(annotations, compiled)
  const incident = compileIncident(compiled)
  const self = compiled('self', parseSelf)
  const group = compileGroup(compiled, errors)
  const allowedClusters = compiled('allow-clusters', parseClusters)
  return {
    ...(when && { when }),
    ...(title && { title }),
    ...(text && { text }),
    ...(fields && { fields }),
    ...(link && { link }),
    ...(thread && { thread }),
    ...(namespaces && { namespaces }),
    ...(provider && { provider }),
    ...(allowedNamespaces && { allowedNamespaces }),
    ...(memory && { memory }),
    ...(incident && { incident }),
    ...(self && { self }),
    ...(group && { group }),
    ...(allowedClusters && { allowedClusters }),
    errors,
  }
}

function compileGroup(
  compiled: CompileRule,
  errors: FieldError[],
): GroupRule | 'never' | undefined {
  const before = errors.length
  const by = compiled('group-by', compileTextExpression)
  const wait = compiled('group-wait', parseGroupWait)
  const maxMs = compiled('group-max', parseGroupTime)
  if (errors.length > before) return undefined
  try {
    return groupRule({ by, wait, maxMs })
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const name = by === undefined ? 'group-by' : wait === undefined ? 'group-wait' : 'group-max'
    errors.push({ field: annotationField(name), message: error.message })
    return undefined
  }
}

const NO_SETTINGS: ReadonlySet<string> = new Set()

/** Most objects have none, and share this. */
const NO_RULES: Rules = { errors: [] }

/** What an empty rule should be. */
const EXPECTED: Readonly<Record<RuleAnnotation, string>> = {
  when: "expected a CEL condition such as event.severity == 'error'",
  only: 'expected failures or changes',
  after: 'expected 3 times, or a duration with its unit such as 10m',
  remind: 'expected a duration with its unit such as 4h or 1d',
  title: 'expected a text such as $(event.involvedObject.name) in $(cluster)',
  text: 'expected a text such as $(event.reason): $(event.message)',
  fields: 'expected a line NAME: TEXT for each field, such as cluster: $(cluster)',
  link: 'expected the address of a page such as https://grafana.example/d/flux?var-cluster=$(cluster)',
  'group-by': "expected a CEL expression that gives a text, such as event.reason, or 'all'",
  'group-wait': 'expected a time such as 30s, or never',
  'group-max': 'expected a time such as 5m',
  thread: 'expected object, or a CEL expression that gives a text, such as cluster',
  'incident-key':
    "expected a CEL expression that gives a text, such as cluster + '/' + event.involvedObject.name",
  'incident-labels': 'expected a line NAME: TEXT for each label, such as cluster: $(cluster)',
  self: 'expected deliveries, clusters or alerts, or several with commas between them',
  namespaces: 'expected names of namespaces such as apps,infra, or * for all',
  type: 'expected a type of Providers such as sqs',
  provider: 'expected the namespace and the name of a Provider such as platform/slack',
  'allow-namespaces': 'expected names of namespaces such as apps,infra, or * for all',
  'allow-clusters': 'expected names of clusters such as prod-eu-1,prod-us-1, or * for all',
}

function knownType(name: string): ProviderType {
  const type = providerTypes.get(name)
  if (type !== undefined) return type
  throw new RuleError(`there is no type ${unknownType(name)}`)
}

function providerOf(source: string): ProviderRef {
  const provider = parseProviderRef(source)
  if (provider === undefined) throw new RuleError(EXPECTED.provider)
  return provider
}

function compileRule<T>(
  source: string,
  compile: (source: string) => T,
  expected: string,
): { readonly rule: T } | { readonly error: string } {
  if (source.length > MAX_RULE_LENGTH) {
    return { error: `expected at most ${MAX_RULE_LENGTH} characters` }
  }
  if (source.trim() === '') return { error: expected }
  try {
    return { rule: compile(source) }
  } catch (error) {
    if (error instanceof CelError || error instanceof RuleError) return { error: error.message }
    throw error
  }
}

/** The rules that a type of Provider cannot follow. */
export function misfits(rules: Rules, type: ProviderType): readonly FieldError[] {
  if (rules === NO_RULES) return NO_RULES.errors
  const isChat = type.family === 'chat'
  const unless = (fits: boolean, name: RuleAnnotation, message: string): readonly FieldError[] =>
    fits ? [] : [{ field: annotationField(name), message }]
  return [
    ...memoryMisfits(rules.memory, type),
    ...unless(
      rules.group === undefined || isChat,
      'group-by',
      `it is for chat, and ${type.type} is none, which takes each event by itself; remove the annotation`,
    ),
    ...textMisfits(rules, type),
    ...incidentMisfits(rules.incident, type),
  ]
}

/** The rules with a memory for the deliveries of an Alert: its own, or else those of its Provider. */
export function memoryOf(alert: Rules, provider: Rules | undefined): MemoryRules | undefined {
  if (alert.memory === undefined || provider?.memory === undefined) {
    return alert.memory ?? provider?.memory
  }
  return { ...provider.memory, ...alert.memory }
}
