import type { StructuralSchema } from './structural-schema.ts'

/** What `kubectl explain` shows, by the path of a field; `[]` are the items of a list. */
export type Descriptions = Readonly<Record<string, string>>

export const ALERT_DESCRIPTIONS: Descriptions = {
  spec: 'Which events go to which Provider.',
  'spec.providerRef': 'Provider that gets the events.',
  'spec.providerRef.name': 'Name of a Provider in the namespace of the Alert.',
  'spec.eventSeverity': 'info (the default) takes all events, error only errors.',
  'spec.eventSources': 'Objects whose events are meant.',
  'spec.eventSources[].apiVersion': 'Accepted and without effect.',
  'spec.eventSources[].kind': 'Kind of the objects, such as Kustomization.',
  'spec.eventSources[].name': 'Name of the object, or * for all of the kind.',
  'spec.eventSources[].namespace': 'Namespace of the objects; by default that of the Alert.',
  'spec.eventSources[].matchLabels': 'Labels that an object must have, all of them.',
  'spec.inclusionList':
    'Regular expressions (RE2); only events whose message matches one are sent. Empty: all.',
  'spec.exclusionList': 'Regular expressions (RE2); events whose message matches one are not sent.',
  'spec.eventMetadata': 'Metadata that is added to each event.',
  'spec.summary': 'Text that is added to each event. Deprecated: use eventMetadata.summary.',
  'spec.suspend': 'Sends nothing while it is true.',
}

const SECRET_NAME = 'Name of a Secret in the namespace of the Provider.'

export const PROVIDER_DESCRIPTIONS: Descriptions = {
  spec: 'Where events are sent, and how.',
  'spec.type': 'Kind of the destination, such as slack or github.',
  'spec.interval': 'Accepted and without effect. Deprecated.',
  'spec.channel': 'Channel, room, topic or similar, for types that have one.',
  'spec.username': 'Name that messages are posted under, for types that have one.',
  'spec.address': 'Address of the destination; the key address of the Secret comes before it.',
  'spec.timeout': 'Time for one attempt, such as 30s; 15s by default.',
  'spec.proxy': 'Address of a proxy. Deprecated: use proxySecretRef.',
  'spec.proxySecretRef': 'Secret with the address and the credentials of a proxy.',
  'spec.proxySecretRef.name': SECRET_NAME,
  'spec.secretRef': 'Secret with the credentials of the destination.',
  'spec.secretRef.name': SECRET_NAME,
  'spec.serviceAccountName':
    'Identity of a workload, as Flux has it. The relay takes an identity from its deployment only.',
  'spec.certSecretRef': 'Secret with the TLS certificates: ca.crt, tls.crt and tls.key.',
  'spec.certSecretRef.name': SECRET_NAME,
  'spec.suspend': 'Sends nothing while it is true.',
  'spec.commitStatusExpr':
    'CEL expression whose text is the context of a commit status, or the environment of a deployment.',
}

export const SILENCE_DESCRIPTIONS: Descriptions = {
  spec: 'What is silenced, when and why.',
  'spec.match': 'Condition in CEL; events for which it is true are silenced, and "true" is all.',
  'spec.reason': 'Why, for those who miss a message.',
  'spec.schedule': 'When each window begins: five fields of cron, such as 0 22 * * MON-FRI.',
  'spec.timeZone': 'Time zone of the schedule, such as Europe/Berlin; UTC by default.',
  'spec.duration': 'How long each window is, such as 8h; 31 days at most.',
  'spec.startsAt': 'Nothing is silenced before this time (RFC 3339).',
  'spec.endsAt': 'Nothing is silenced from this time on (RFC 3339). Needed without a schedule.',
  'spec.suspend': 'Silences nothing while it is true.',
}

/** The schema with a description for each field. Throws for a field without, and for one too many. */
export function describeFields(
  schema: StructuralSchema,
  path: string,
  descriptions: Descriptions,
): StructuralSchema {
  const used = new Set<string>()
  const described = describe(schema, path, (field) => {
    const text = descriptions[field]
    if (text === undefined) throw new Error(`there is no description of ${field}`)
    used.add(field)
    return text
  })
  const unused = Object.keys(descriptions).filter((field) => !used.has(field))
  if (unused.length > 0) throw new Error(`there is no field ${unused.join(', ')}`)
  return described
}

function describe(
  schema: StructuralSchema,
  path: string,
  textOf: (field: string) => string,
): StructuralSchema {
  const { items, properties, ...rest } = schema
  return {
    // The items are told of by their list.
    ...(path.endsWith('[]') ? {} : { description: textOf(path) }),
    ...rest,
    ...(items && { items: describe(items, `${path}[]`, textOf) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          describe(field, `${path}.${name}`, textOf),
        ]),
      ),
    }),
  }
}
