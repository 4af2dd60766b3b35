import { createServer } from 'node:net'
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { AlarmName } from '../../lib/alarm-names.ts'
import { synth } from '../stacks/synth.ts'
import { type AwsRelay, configBody } from './aws-relay.ts'
import {
  type AlarmProperties,
  type Datapoint,
  datapointsOf,
  metricKey,
  sounds,
} from './cloudwatch-alarm.ts'
import { pollOnce } from './event-source-mapping.ts'
import { functionUrlEvent, httpApiEvent } from './http-api-event.ts'
import { kustomizationEvent } from './relay-manifests.ts'

const TOKEN = 'right'
const CLUSTER = 'prod'
export const MINUTE_MS = 60_000

/** What the stage's stack is made with. */
export type StageSettings = Readonly<{ publicIngestUrl?: boolean }>

/** The alarm of this name, as the stack with these settings has it, else with the defaults. */
export function alarmOf(name: AlarmName, settings: StageSettings = {}): AlarmProperties {
  const alarms = synth(settings).observabilityTemplate.findResources('AWS::CloudWatch::Alarm')
  const id = new RegExp(`^Alarms${name.replaceAll('-', '')}[0-9A-F]{8}$`)
  const found = Object.entries(alarms).find(([logicalId]) => id.test(logicalId))
  if (found === undefined) throw new Error(`there is no alarm ${name}`)
  return found[1].Properties as AlarmProperties
}

/** A relay under CloudWatch's eyes: what its functions count, and what AWS counts of them. */
export type AlarmStage = ReturnType<typeof createAlarmStage>

/**
 * Watches a relay. What AWS itself counts is counted here, by the same calls. Events go to the URL of ingest where
 * it has one.
 */
export function createAlarmStage(relay: AwsRelay, settings: StageSettings = {}) {
  const counted: Datapoint[] = []
  const { clients, environment, time, deadLetterUrls } = relay
  const now = () => relay.ports.clock.now()
  const count = (namespace: string, name: string, dimension: string, value: number) => {
    const [key = '', part] = dimension.split('=')
    counted.push({ key: metricKey(namespace, name, { [key]: part }), value, time: now() })
  }
  const request = async (
    resource: 'events' | 'config',
    body: string,
    { token = TOKEN, cluster = CLUSTER } = {},
  ) => {
    const headers = { authorization: `Bearer ${token}` }
    const method = resource === 'events' ? 'POST' : 'PUT'
    const isByUrl = resource === 'events' && settings.publicIngestUrl === true
    const eventOf = isByUrl ? functionUrlEvent : httpApiEvent
    const event = eventOf({ method, resource, cluster, headers, body })
    const { statusCode = 0 } = await (resource === 'events'
      ? relay.ingest(event)
      : relay.reconcileConfig(event))
    const counts = isByUrl
      ? (['AWS/Lambda', 'UrlRequestCount', 'Url5xxCount', 'FunctionName=Functions/Ingest'] as const)
      : (['AWS/ApiGateway', 'Count', '5xx', 'ApiId=HttpApi/'] as const)
    const [namespace, all, failed, dimension] = counts
    count(namespace, all, dimension, 1)
    if (statusCode >= 500) count(namespace, failed, dimension, 1)
    return statusCode
  }
  return {
    relay,
    now,
    advance(minutes: number) {
      time.offsetMs += minutes * MINUTE_MS
    },
    /** Admits the cluster, and lets its events go to an address. */
    async admit(address: string): Promise<void> {
      await relay.setTokens(CLUSTER, [TOKEN])
      await relay.setSecret(CLUSTER, 'sink', { address })
      const status = await request('config', configBody(now()))
      if (status !== 200) throw new Error(`the configuration was answered with ${status}`)
    },
    /** Posts an event about each object; resolves with the status. */
    post: (names: readonly string[], sender?: { token?: string; cluster?: string }) =>
      request(
        'events',
        JSON.stringify(names.map((name) => kustomizationEvent(name, '3f2c9a1'))),
        sender,
      ),
    dispatch: () => dispatchAll(relay, environment.eventsQueueUrl),
    dispatchRetries: () => dispatchAll(relay, environment.retriesQueueUrl),
    /** What SQS tells CloudWatch of its queues. */
    async measureQueues(): Promise<void> {
      const urls = {
        Events: environment.eventsQueueUrl,
        Retries: environment.retriesQueueUrl,
        EventsDeadLetters: deadLetterUrls.events,
        RetriesDeadLetters: deadLetterUrls.retries,
      }
      for (const [name, QueueUrl] of Object.entries(urls)) {
        const { Attributes: attributes } = await clients.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
        )
        const visible = Number(attributes?.ApproximateNumberOfMessages)
        const dimension = `QueueName=Queues/${name}`
        count('AWS/SQS', 'ApproximateNumberOfMessagesVisible', dimension, visible)
        const { Messages: [message] = [] } = await clients.sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            VisibilityTimeout: 0,
            MessageSystemAttributeNames: ['SentTimestamp'],
          }),
        )
        const sentAt = Number(message?.Attributes?.SentTimestamp ?? now())
        count('AWS/SQS', 'ApproximateAgeOfOldestMessage', dimension, (now() - sentAt) / 1_000)
      }
    },
    /** What Lambda counts of a function, such as `Errors` of `Dispatch`. */
    countOfLambda(metric: string, name: string, value = 1): void {
      count('AWS/Lambda', metric, `FunctionName=Functions/${name}`, value)
    },
    data: () => [...counted, ...relay.metricLines.flatMap(datapointsOf)],
    /** Whether the alarm sounds now. */
    hears(name: AlarmName): boolean {
      return sounds(alarmOf(name, settings), this.data(), now())
    },
  }
}

/** Dispatches what is in a queue, until nothing more can be. */
async function dispatchAll({ clients, dispatch }: AwsRelay, queueUrl: string): Promise<void> {
  for (;;) {
    const { records, failed } = await pollOnce(clients.sqs, queueUrl, dispatch)
    if (records.length === failed.length) return
  }
}

/** The address of a host where nobody listens. */
export async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${address.port}/hook`
}
