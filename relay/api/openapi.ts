import { type ZodType, z } from 'zod'
import type { Access, Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { PROBLEM_KINDS, type ProblemCode, type ProblemStatus } from './problem-codes.ts'
import { ClusterList, ListedCluster, NotTakenEvents } from './schemas/clusters.ts'
import {
  AppliedConfig,
  ConfigSet,
  FleetSet,
  Readiness,
  StoredConfig,
  StoredFleet,
} from './schemas/config.ts'
import {
  DeliveriesPage,
  Delivery,
  DeliveryEvents,
  DeliveryLeft,
  DismissalRequest,
  StreamEnd,
} from './schemas/deliveries.ts'
import { EventsPage, ListedEvent } from './schemas/event-list.ts'
import {
  EventDocument,
  EventItem,
  EventsBody,
  PostedEventDocument,
  ReceivedEvents,
} from './schemas/events.ts'
import {
  AlertVerdict,
  EventToExplain,
  EventVerdict,
  ExplainedEvent,
  Explanation,
} from './schemas/explain.ts'
import { ListedObject, ObjectList } from './schemas/objects.ts'
import {
  ClusterAtAGlance,
  FailingDestination,
  OutcomeTotals,
  Overview,
  UnreadyObject,
} from './schemas/overview.ts'
import { ProblemDocument } from './schemas/problem.ts'
import { TestToSend } from './schemas/provider-test.ts'
import { PutBack, QuarantinePage, SetAsideMessage } from './schemas/quarantine.ts'
import { SecretData, StoredFleetSecret, StoredSecret } from './schemas/secrets.ts'
import { Silence, SilenceList, SilenceToMake } from './schemas/silences.ts'

type Json = Readonly<Record<string, unknown>>

/** The problem codes that every request can get. */
const OF_ANY = ['bad-request', 'unauthorized', 'foreign-origin', 'internal', 'not-stored'] as const

/** The problem codes that a request for operators who may make changes can get too. */
const OF_CHANGE = ['viewer-only'] as const

const SECURITY: Readonly<Record<Access, readonly Json[]>> = {
  cluster: [{ clusterToken: [] }],
  'signing-cluster': [{ clusterToken: [] }, { signature: [] }],
  'any-cluster': [{ clusterToken: [] }, { clusterBasic: [] }],
  viewer: [{ operatorToken: [] }],
  operator: [{ operatorToken: [] }],
  'cluster-or-viewer': [{ clusterToken: [] }, { operatorToken: [] }],
}

const SECURITY_SCHEMES = {
  clusterToken: { type: 'http', scheme: 'bearer', description: 'A token of the cluster.' },
  operatorToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of an operator. That of a viewer is refused for changes.',
  },
  clusterBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'The cluster as user and its token as password.',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Signature',
    description: '`sha256=` and the HMAC-SHA-256 of the body in hex, by a token of the cluster.',
  },
}

/** The API as an OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const methods = paths[operation.path] ?? {}
    methods[operation.method.toLowerCase()] = operationOf(name, operation)
    paths[operation.path] = methods
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'flux-relay',
      version,
      description: 'Takes the events of Flux controllers and delivers them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:8080', description: 'What `npm start` runs.' }],
    paths,
    components: { schemas: componentSchemas(), securitySchemes: SECURITY_SCHEMES },
  }
}

function operationOf(operationId: string, operation: Operation): Json {
  const { access, summary, body, isBodyOptional, success, problems } = operation
  return {
    operationId,
    summary,
    security: SECURITY[access],
    parameters: parametersOf(operation),
    ...(body && { requestBody: { required: !isBodyOptional, content: contentOf(body) } }),
    responses: {
      [success.status]: {
        description: success.body ? descriptionOf(success.body) : 'The event is queued.',
        ...(success.body && { content: contentOf(success.body, success.contentType) }),
      },
      ...problemResponses([...problems, ...OF_ANY, ...(access === 'operator' ? OF_CHANGE : [])]),
    },
  }
}

function parametersOf({ path, query = [] }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = query.map(({ name, description }) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }))
  return [...inPath, ...inQuery]
}

/** The responses for each status, with the codes that it may have. */
function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus = new Map<ProblemStatus, ProblemCode[]>()
  for (const code of [...new Set(codes)]) {
    const { status } = PROBLEM_KINDS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, own]) => [
      status,
      {
        description: own.map((code) => `\`${code}\`: ${PROBLEM_KINDS[code].meaning}`).join('\n\n'),
        content: { 'application/problem+json': { schema: reference('Problem') } },
      },
    ]),
  )
}

/** The schemas by their names in the document, which refer to each other by these names. */
const COMPONENTS: Readonly<Record<string, ZodType>> = {
  AlertVerdict,
  AppliedConfig,
  ClusterAtAGlance,
  ClusterList,
  ConfigSet,
  DeliveriesPage,
  Delivery,
  DeliveryEvents,
  DeliveryLeft,
  DismissalRequest,
  Event: EventDocument,
  EventItem,
  EventsBody,
  PostedEvent: PostedEventDocument,
  EventToExplain,
  EventsPage,
  EventVerdict,
  ExplainedEvent,
  Explanation,
  FailingDestination,
  FleetSet,
  ListedCluster,
  ListedEvent,
  ListedObject,
  NotTakenEvents,
  ObjectList,
  OutcomeTotals,
  Overview,
  Problem: ProblemDocument,
  PutBack,
  QuarantinePage,
  Readiness,
  ReceivedEvents,
  SecretData,
  SetAsideMessage,
  Silence,
  SilenceList,
  SilenceToMake,
  StoredConfig,
  StoredFleet,
  StoredFleetSecret,
  StoredSecret,
  StreamEnd,
  TestToSend,
  UnreadyObject,
}

function contentOf(schema: ZodType, mediaType = 'application/json'): Json {
  const name = Object.keys(COMPONENTS).find((key) => COMPONENTS[key] === schema)
  if (name === undefined) throw new Error('a body has a schema without a name')
  return { [mediaType]: { schema: reference(name) } }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

function descriptionOf(schema: ZodType): string {
  return schema.description ?? 'Done.'
}

function componentSchemas(): Json {
  const registry = z.registry<{ id: string; description?: string }>()
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  )
}
