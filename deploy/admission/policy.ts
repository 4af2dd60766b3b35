import { stringify } from 'yaml'
import {
  NOTIFICATION_GROUP,
  NOTIFICATION_VERSIONS,
  RELAY_ANNOTATION_PREFIX,
} from '../../relay/model/kubernetes.ts'
import { knownAnnotations, type RuleBearer } from '../../relay/model/rule-annotations.ts'
import { settingAnnotations } from '../../relay/providers/registry.ts'
import { VALUE_PATTERNS } from '../crds/annotation-values.ts'

const HEADER = '# Made by `npm run crds` from relay/model; do not edit.\n'

const NAME = 'flux-relay-annotations'

const ALERT = listOf('Alert', new Set())
const PROVIDER = listOf('Provider', settingAnnotations)

/** The whole names of the annotations that the relay knows for a kind, as a list of CEL. */
function listOf(kind: RuleBearer, settings: ReadonlySet<string>): string {
  const names = [...knownAnnotations(kind, settings)].toSorted()
  return `[${names.map((name) => `'${RELAY_ANNOTATION_PREFIX}${name}'`).join(', ')}]`
}

/**
 * The expressions that values have to match, as a map of CEL by the whole names of their annotations. What JSON
 * escapes in a text CEL does too.
 */
const PATTERNS = `{${Object.entries(VALUE_PATTERNS)
  .toSorted()
  .map(([name, pattern]) => `'${RELAY_ANNOTATION_PREFIX}${name}': ${JSON.stringify(pattern)}`)
  .join(', ')}}`

/**
 * Refuses an Alert or a Provider with an annotation below the relay's prefix that no relay knows, or whose value is not
 * in its form. An update may keep one that was there before: so a controller can always take its finalizer away.
 */
const POLICY = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: NAME },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [NOTIFICATION_GROUP],
          apiVersions: [...NOTIFICATION_VERSIONS],
          operations: ['CREATE', 'UPDATE'],
          resources: ['alerts', 'providers'],
        },
      ],
    },
    variables: [
      { name: 'annotations', expression: 'object.metadata.?annotations.orValue({})' },
      { name: 'patterns', expression: PATTERNS },
      { name: 'known', expression: `object.kind == 'Alert' ? ${ALERT} : ${PROVIDER}` },
      {
        name: 'before',
        expression: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})',
      },
      {
        name: 'unknown',
        expression: `variables.annotations.filter(name, name.startsWith('${RELAY_ANNOTATION_PREFIX}') && !(name in variables.known) && !(name in variables.before))`,
      },
      {
        name: 'malformed',
        expression:
          'variables.annotations.filter(name, name in variables.patterns && !variables.annotations[name].matches(variables.patterns[name]) && !(name in variables.before && variables.before[name] == variables.annotations[name]))',
      },
    ],
    validations: [
      {
        expression: 'variables.unknown.size() == 0',
        messageExpression:
          "'no annotation of flux-relay: ' + variables.unknown.join(', ') + '; known are ' + variables.known.join(', ')",
        reason: 'Invalid',
      },
      {
        expression: 'variables.malformed.size() == 0',
        messageExpression:
          "'not in its form, such as a duration without a unit: ' + variables.malformed.map(name, name + ' wants ' + variables.patterns[name]).join(', ')",
        reason: 'Invalid',
      },
    ],
  },
}

const BINDING = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: NAME },
  spec: { policyName: NAME, validationActions: ['Deny'] },
}

/** The policy as it is checked in: `deploy/admission/policy.yaml`. */
export function policyText(): string {
  const options = { lineWidth: 0 }
  return `${HEADER}${stringify(POLICY, options)}---\n${stringify(BINDING, options)}`
}
