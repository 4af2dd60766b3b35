import { stringify } from 'yaml'
import {
  NOTIFICATION_GROUP,
  NOTIFICATION_VERSIONS,
  RELAY_ANNOTATION_PREFIX,
} from '../../relay/model/kubernetes.ts'
import { knownAnnotations, type RuleBearer } from '../../relay/model/rule-annotations.ts'
import { settingAnnotations } from '../../relay/providers/registry.ts'

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
 * Refuses an Alert or a Provider with an annotation below the relay's prefix that no relay knows. An update may
 * keep one that was there before: so a controller can always take its finalizer away.
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
      { name: 'known', expression: `object.kind == 'Alert' ? ${ALERT} : ${PROVIDER}` },
      {
        name: 'before',
        expression: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})',
      },
      {
        name: 'unknown',
        expression: `object.metadata.?annotations.orValue({}).filter(name, name.startsWith('${RELAY_ANNOTATION_PREFIX}') && !(name in variables.known) && !(name in variables.before))`,
      },
    ],
    validations: [
      {
        expression: 'variables.unknown.size() == 0',
        messageExpression:
          "'no annotation of flux-relay: ' + variables.unknown.join(', ') + '; known are ' + variables.known.join(', ')",
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
