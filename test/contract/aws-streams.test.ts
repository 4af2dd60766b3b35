import { randomUUID } from 'node:crypto'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { buildApp } from 'fauxqs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqsClient } from '../../adapters/aws/clients.ts'
import type { HttpResponse, TransportFailure } from '../../relay/ports/http.ts'
import type { AwsSettings } from '../../relay/providers/aws/settings.ts'
import { signedForAws } from '../../relay/providers/aws/signature.ts'
import type { HttpProvider } from '../../relay/providers/contract.ts'
import { eventBridge } from '../../relay/providers/eventbridge.ts'
import { sns } from '../../relay/providers/sns.ts'
import { sqs } from '../../relay/providers/sqs.ts'
import { fitted, isAccount, localOptions } from '../support/aws-endpoints.ts'
import { PATIENT, testClient } from '../support/http-client.ts'
import { notificationOf, requestsOf, settingsOf } from '../support/notifications.ts'
import { createFakeTryPorts } from '../support/try-ports.ts'

const KEYS = { accesskey: 'test', secretkey: 'test' }

const REGION = 'eu-central-1'

/** The services of `npm run test:moto`; otherwise SQS and SNS in this process, which have no EventBridge. */
const given = isAccount ? undefined : process.env.AWS_ENDPOINT_URL

async function openEndpoint(): Promise<string> {
  if (given !== undefined) return given
  const app = buildApp({ logger: false, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** A queue, and a topic and an event bus that send to it. */
async function openServices(suffix: '' | '.fifo') {
  const url = await openEndpoint()
  const client = fitted(createSqsClient(localOptions(url)))
  onTestFinished(() => client.destroy())
  const isFifo = suffix === '.fifo'
  const name = `deployments-${randomUUID()}`
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({
      QueueName: `${name}${suffix}`,
      ...(isFifo && { Attributes: { FifoQueue: 'true' } }),
    }),
  )
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  const queueArn = Attributes?.QueueArn ?? ''
  const receive = async (): Promise<readonly Message[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    )
    return Messages
  }
  return { url, name, queueArn, receive }
}

type Services = Awaited<ReturnType<typeof openServices>>

/** Asks a service for something that no client of the project can ask for. */
async function ask(
  { url }: Services,
  service: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> {
  const request = { method: 'POST', url: `${url}/`, headers, body } as const
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const signed = signedForAws(request, credentials, { region: REGION, service, at: Date.now() })
  const answer = await testClient().send(signed, PATIENT)
  if (answer.kind !== 'response' || answer.status !== 200) throw new Error(JSON.stringify(answer))
  return answer.body
}

/** The ARN of a new topic that sends to the queue. */
async function openTopic(services: Services, suffix: string): Promise<string> {
  const form = (parameters: Readonly<Record<string, string>>) =>
    ask(
      services,
      'sns',
      { 'content-type': 'application/x-www-form-urlencoded' },
      new URLSearchParams({ Version: '2010-03-31', ...parameters }).toString(),
    )
  const attribute = (key: string) => ({
    'Attributes.entry.1.key': key,
    'Attributes.entry.1.value': 'true',
  })
  const created = await form({
    Action: 'CreateTopic',
    Name: `${services.name}${suffix}`,
    ...(suffix === '.fifo' && attribute('FifoTopic')),
  })
  const arn = /<TopicArn>([^<]+)/.exec(created)?.[1] ?? ''
  await form({
    Action: 'Subscribe',
    TopicArn: arn,
    Protocol: 'sqs',
    Endpoint: services.queueArn,
    ...attribute('RawMessageDelivery'),
  })
  return arn
}

/** The ARN of a new event bus that sends what is from the relay to the queue. */
async function openBus(services: Services): Promise<string> {
  const call = (action: string, parameters: object) =>
    ask(
      services,
      'events',
      { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${action}` },
      JSON.stringify(parameters),
    )
  const { name, queueArn } = services
  const { EventBusArn } = JSON.parse(await call('CreateEventBus', { Name: name }))
  const EventPattern = JSON.stringify({ source: ['flux-relay'], 'detail-type': ['Flux Event'] })
  await call('PutRule', { Name: name, EventBusName: name, EventPattern })
  const Targets = [{ Id: 'queue', Arn: queueArn }]
  await call('PutTargets', { Rule: name, EventBusName: name, Targets })
  return EventBusArn
}

/** Sends a notification as a delivery does: signed, over a socket, to the emulator in the place of AWS. */
async function deliver(
  type: HttpProvider<AwsSettings>,
  address: string,
  { url }: { readonly url: string },
): Promise<HttpResponse | TransportFailure> {
  const settings = settingsOf(type, { address }, KEYS)
  const authorization = await type.authorize?.(settings, createFakeTryPorts())
  if (authorization?.kind !== 'authorized') throw new Error('the keys were not taken')
  const [request] = requestsOf(type, notificationOf('helmrelease-upgrade-failed'), settings)
  if (!request || !authorization.sign) throw new Error('there is nothing to sign')
  return testClient().send({ ...authorization.sign(request), url }, PATIENT)
}

describe.each([
  ['sqs', sqs, async ({ queueArn }: Services) => queueArn],
  ['sns', sns, openTopic],
] as const)('%s', (_, type, open) => {
  it('puts the event where the ARN says, with its attributes', async () => {
    const services = await openServices('')
    const arn = await open(services, '')
    const answer = await deliver(type, arn, services)
    expect(answer).toMatchObject({ kind: 'response', status: 200 })
    const [message] = await services.receive()
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      involvedObject: { kind: 'HelmRelease', name: 'webapp' },
      reason: 'UpgradeFailed',
    })
    expect(message?.MessageAttributes).toMatchObject({
      cluster: { DataType: 'String', StringValue: 'local' },
      severity: { StringValue: 'error' },
    })
  })

  it('puts the same delivery once where an order is kept', async () => {
    const services = await openServices('.fifo')
    const arn = await open(services, '.fifo')
    for (const _ of [1, 2]) {
      expect(await deliver(type, arn, services)).toMatchObject({ status: 200 })
    }
    const messages = await services.receive()
    expect(messages).toHaveLength(1)
    expect(messages[0]?.Attributes).toMatchObject({
      MessageGroupId: expect.stringMatching(/^[0-9a-f]{64}$/),
      MessageDeduplicationId: 'd'.repeat(64),
    })
  })

  it('says what the service says of a destination that is not there', async () => {
    const services = await openServices('')
    const arn = await open(services, '')
    const answer = await deliver(type, `${arn}-not-there`, services)
    if (answer.kind !== 'response') throw new Error(answer.detail)
    expect(type.classify?.(answer)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/^HTTP 4\d\d: [\w.]+: /),
    })
  })
})

it.skipIf(given === undefined)(
  'eventbridge puts the event on the bus, for rules to take',
  async () => {
    const services = await openServices('')
    const answer = await deliver(eventBridge, await openBus(services), services)
    if (answer.kind !== 'response') throw new Error(answer.detail)
    expect(eventBridge.classify?.(answer)).toEqual({ kind: 'delivered' })
    const [message] = await services.receive()
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      source: 'flux-relay',
      'detail-type': 'Flux Event',
      time: '2026-11-20T11:02:17Z',
      detail: { cluster: 'local', reason: 'UpgradeFailed', involvedObject: { name: 'webapp' } },
    })
  },
)
