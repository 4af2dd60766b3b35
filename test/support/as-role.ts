import { expect } from 'vitest'
import { allowedTo } from '../stacks/read-template.ts'
import { synth } from '../stacks/synth.ts'
import type { AwsRelay } from './aws-relay.ts'
import { intercept } from './intercept.ts'

const { relayTemplate } = synth()
const SECRETS =
  'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:flux-relay/prod'

/** The resources of the stack, by the names that the environment of a function has for them. */
const RESOURCES = {
  configTable: 'TablesConfig',
  stateTable: 'TablesState',
  ledgerTable: 'TablesLedger',
  eventsQueueUrl: 'QueuesEvents',
  retriesQueueUrl: 'QueuesRetries',
} as const

export type FunctionName = 'Ingest' | 'Dispatch' | 'ReconcileConfig'

/** What a function may do, as `TablesState dynamodb:PutItem`. */
function grantsOf(name: FunctionName): ReadonlySet<string> {
  const functions = Object.keys(relayTemplate.findResources('AWS::Lambda::Function'))
  const id = functions.find((each) => each.startsWith(`Functions${name}Function`))
  const allowed = Object.entries(allowedTo(relayTemplate, id ?? ''))
  return new Set(
    allowed.flatMap(([resource, actions]) => actions.map((action) => `${resource} ${action}`)),
  )
}

/** Lets a function work with its rights: a call that its role does not allow is refused, as on AWS, and fails the test. */
export async function asRole<T>(
  relay: AwsRelay,
  name: FunctionName,
  work: () => Promise<T>,
): Promise<T> {
  const grants = grantsOf(name)
  const denied: string[] = []
  const names = new Map(
    Object.entries(RESOURCES).map(([key, resource]) => [
      String(relay.environment[key as keyof typeof RESOURCES]),
      resource,
    ]),
  )
  const check = (operation: string, input: object) => {
    for (const call of callsOf(operation, input, relay, names)) {
      if (grants.has(call)) continue
      denied.push(call)
      throw Object.assign(new Error(`not allowed: ${call}`), { name: 'AccessDeniedException' })
    }
  }
  const ends = Object.values(relay.clients).map((client) =>
    intercept(client, async ({ operation, input }, pass) => {
      check(operation, input)
      return pass()
    }),
  )
  try {
    return await work()
  } finally {
    for (const end of ends) end()
    expect(denied).toEqual([])
  }
}

function callsOf(
  operation: string,
  input: object,
  { environment }: AwsRelay,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const { TableName, QueueUrl, RequestItems, IndexName, SecretId } = input as Readonly<
    Record<string, unknown>
  >
  if (SecretId !== undefined) {
    const [folder] = String(SecretId)
      .slice(environment.secretPrefix.length + 1)
      .split('/')
    return [`${SECRETS}/${folder}/* secretsmanager:${operation}`]
  }
  const targets = RequestItems ? Object.keys(Object(RequestItems)) : [TableName ?? QueueUrl]
  const service = QueueUrl === undefined ? 'dynamodb' : 'sqs'
  const index = IndexName === undefined ? '' : `/index/${IndexName}`
  const action = service === 'sqs' ? operation.replace(/Batch$/, '') : operation
  return targets.map((target) => `${names.get(String(target))}${index} ${service}:${action}`)
}
