import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { createDynamoDbClient, createSqsClient } from '../../adapters/aws/clients.ts'
import { localOptions } from '../../test/support/aws-endpoints.ts'
import { startCloudFormation } from '../../test/support/cloudformation.ts'
import type { Build, Resource } from './build.ts'
import { tableShape } from './dynamodb-meter.ts'
import type { MeteredServices } from './metered-services.ts'

/** The tables and queues of a build, made as its template says. */
export interface Deployment {
  readonly build: Build
  /** A value of the template, with the names of what was made in it. */
  resolve(value: unknown): string
  /** The variables that a function has on Lambda, with what the SDK needs here. */
  environmentOf(name: string): Readonly<Record<string, string>>
  /** Runs the build's own command line on this deployment; gives what it printed. */
  command(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

const STACK = 'flux-relay-prod'
const ACCESS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

/** Makes what a build's template has, on services that are there already. */
export async function deploy(build: Build, services: MeteredServices): Promise<Deployment> {
  const names = await createResources(build, services)
  const resolve = (value: unknown) => {
    if (typeof value === 'string') return value
    const name = names.get(String((value as { readonly Ref?: string }).Ref))
    if (name === undefined) throw new Error(`the bench cannot resolve ${JSON.stringify(value)}`)
    return name
  }
  const cloudFormation = await startCloudFormation()
  cloudFormation.stacks.set(STACK, outputsOf(build, names))
  return {
    build,
    resolve,
    environmentOf(name) {
      const { Variables } = build.functionOf(name).properties.Environment as {
        readonly Variables: Readonly<Record<string, unknown>>
      }
      const variables = Object.entries(Variables).map(([key, value]) => [key, resolve(value)])
      return {
        ...Object.fromEntries(variables),
        ...ACCESS,
        ...services.variables,
        // The destination is on this machine.
        ALLOW_PRIVATE_ADDRESSES: 'true',
        AWS_LAMBDA_FUNCTION_NAME: name,
        ...logLevelOf(build, name),
        TZ: ':UTC',
      }
    },
    async command(...args) {
      const program = join(build.project, 'bin/flux-relay.ts')
      const env = {
        ...ACCESS,
        ...services.variables,
        AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.options.endpoint ?? '',
        PATH: process.env.PATH ?? '',
      }
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [program, ...args, '--stack', STACK],
        { cwd: build.project, env },
      )
      return stdout.trim()
    },
    stop: () => cloudFormation.stop(),
  }
}

/** Lambda sets it for functions that log in JSON; INFO unless they say otherwise. */
function logLevelOf(build: Build, name: string): Readonly<Record<string, string>> {
  const { LogFormat, ApplicationLogLevel = 'INFO' } = (build.functionOf(name).properties
    .LoggingConfig ?? {}) as { readonly LogFormat?: string; readonly ApplicationLogLevel?: string }
  return LogFormat === 'JSON' ? { AWS_LAMBDA_LOG_LEVEL: ApplicationLogLevel } : {}
}

/** By their ids in the template: names of tables, addresses of queues. */
async function createResources(
  { resources }: Build,
  { direct, tables, variables }: MeteredServices,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const dynamoDb = createDynamoDbClient(localOptions(direct.dynamodb))
  const sqs = createSqsClient(localOptions(direct.sqs))
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    if (Type === 'AWS::DynamoDB::GlobalTable') {
      const input = tableInput(`${id}-${randomUUID()}`, Properties)
      await dynamoDb.send(new CreateTableCommand(input))
      tables.set(String(input.TableName), tableShape(Properties))
      names.set(id, String(input.TableName))
    } else if (Type === 'AWS::SQS::Queue') {
      const isFifo = Properties.FifoQueue === true
      const QueueName = `${id}-${randomUUID()}`.slice(0, 70) + (isFifo ? '.fifo' : '')
      const Attributes = isFifo ? { FifoQueue: 'true' } : {}
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
      const path = QueueUrl.replace(/^https?:\/\/[^/]+/, '')
      names.set(id, `${variables.AWS_ENDPOINT_URL_SQS}${path}`)
    }
  }
  dynamoDb.destroy()
  sqs.destroy()
  return names
}

function tableInput(
  TableName: string,
  properties: Resource['Properties'],
): CreateTableCommandInput {
  const {
    AttributeDefinitions,
    KeySchema,
    GlobalSecondaryIndexes = [],
  } = properties as {
    readonly AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions']
    readonly KeySchema: CreateTableCommandInput['KeySchema']
    readonly GlobalSecondaryIndexes?: NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>
  }
  const indexes = GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
    ...{ IndexName, KeySchema, Projection },
  }))
  return {
    ...{ TableName, AttributeDefinitions, KeySchema, BillingMode: 'PAY_PER_REQUEST' },
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
  }
}

function outputsOf({ outputs }: Build, names: ReadonlyMap<string, string>) {
  const entries = Object.entries(outputs).flatMap(([name, { Value: value }]) => {
    if (typeof value === 'string') return [[name, value]]
    const made = names.get(String((value as { readonly Ref?: string }).Ref))
    return made === undefined ? [] : [[name, made]]
  })
  return Object.fromEntries(entries) as Readonly<Record<string, string>>
}
