import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import type { AcceptedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { type AwsRelay, awsRelay } from './aws-relay.ts'
import { type CloudFormationDouble, startCloudFormation } from './cloudformation.ts'
import { startRelay } from './embedded-server.ts'
import { type CommandOptions, type CommandResult, fluxRelay } from './flux-relay-command.ts'
import { sqsReceiver } from './sqs-receiver.ts'

/** A relay that a command is for, and what is in it. */
export interface CommandTarget {
  readonly ports: Pick<Ports, 'configs' | 'secrets' | 'ledger'>
  /** Puts a Secret of flux-system there, past the command line. */
  setSecret(cluster: string, name: string, data: SecretData): Promise<void>
  /** Runs a command with the options that name this relay. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Takes the events that are queued. */
  events(): Promise<readonly AcceptedEvent[]>
  /** Takes the retries that are queued. */
  retries(): Promise<readonly RetryMessage[]>
}

/** Both kinds of relay, for `describe.each`: what names it, and how a test opens one of its own. */
export function commandTargets(): readonly (readonly [string, () => Promise<CommandTarget>])[] {
  const { open } = stackTargets()
  return [
    ['--relay', openHttpTarget],
    ['--stack', open],
  ]
}

/** The embedded server, over ports in memory that keep real time. */
export async function openHttpTarget(): Promise<CommandTarget> {
  const { ports, server } = await startRelay()
  ports.clock.set(Date.now())
  const url = `http://127.0.0.1:${server.port}`
  return {
    ports,
    setSecret: async (cluster, ...secret) => ports.secrets.put(cluster, 'flux-system', ...secret),
    run: (args, options) => fluxRelay([...args, '--relay', url], options),
    events: async () => ports.queue.events,
    retries: async () => ports.queue.retries,
  }
}

/** A relay on AWS, which the command line finds by its stack. */
export interface StackTarget extends CommandTarget {
  readonly relay: AwsRelay
  readonly stack: string
  /** What a person's shell has of AWS. */
  readonly env: Readonly<Record<string, string>>
  readonly cloudFormation: CloudFormationDouble
}

/** Runs the services of AWS for a test file. */
export function stackTargets(): { open(): Promise<StackTarget> } {
  const { open } = awsRelay()
  let cloudFormation: CloudFormationDouble
  beforeAll(async () => {
    cloudFormation = await startCloudFormation()
  })
  afterAll(() => cloudFormation.stop())
  return { open: async () => stackTarget(await open(), cloudFormation) }
}

function stackTarget(relay: AwsRelay, cloudFormation: CloudFormationDouble): StackTarget {
  const { clients, environment, ports } = relay
  const stack = `flux-relay-${randomUUID()}`
  cloudFormation.stacks.set(stack, outputsOf(relay))
  const env = awsEnvironment(relay, cloudFormation)
  const queueUrls = [environment.eventsQueueUrl, environment.retriesQueueUrl] as const
  const receiver = sqsReceiver(clients.sqs, ...queueUrls)
  return {
    relay,
    stack,
    env,
    cloudFormation,
    ports,
    setSecret: relay.setSecret,
    run: (args, options = {}) =>
      fluxRelay([...args, '--stack', stack], { ...options, env: { ...env, ...options.env } }),
    events: () => receiver.receiveEvents(10),
    retries: () => receiver.receiveRetries(10),
  }
}

/** Outputs as the CDK's stack has them, one that no command reads among them. */
function outputsOf({ variables }: AwsRelay) {
  return {
    ApiUrl: 'https://api.example/',
    SecretPrefix: variables.SECRET_PREFIX,
    ConfigTable: variables.CONFIG_TABLE,
    StateTable: variables.STATE_TABLE,
    LedgerTable: variables.LEDGER_TABLE,
    EventsQueueUrl: variables.EVENTS_QUEUE_URL,
    RetriesQueueUrl: variables.RETRIES_QUEUE_URL,
    RelayVersion: manifest.version,
    CrossNamespaceRefs: 'true',
  }
}

function awsEnvironment({ services }: AwsRelay, cloudFormation: CloudFormationDouble) {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.options.endpoint ?? '',
    AWS_ENDPOINT_URL_DYNAMODB: services.dynamoDb.options.endpoint ?? '',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: services.secretsManager.options.endpoint ?? '',
    AWS_ENDPOINT_URL_SQS: services.sqs.options.endpoint ?? '',
    AWS_ENDPOINT_URL_STS: services.sqs.options.endpoint ?? '',
  }
}
