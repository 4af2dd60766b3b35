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
import type { HttpProvider } from '../../relay/providers/contract.ts'
import { sns } from '../../relay/providers/sns.ts'
import { sqs } from '../../relay/providers/sqs.ts'
import { fitted, localOptions } from '../support/aws-endpoints.ts'
import { PATIENT, testClient } from '../support/http-client.ts'
import { notificationOf, requestsOf, settingsOf } from '../support/notifications.ts'
import { createFakeTryPorts } from '../support/try-ports.ts'

const KEYS = { accesskey: 'test', secretkey: 'test' }

/** SQS and SNS in this process, with a queue, and a topic that sends to it. */
async function openServices(suffix: '' | '.fifo') {
  const app = buildApp({ logger: false, host: '127.0.0.1' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = fitted(createSqsClient(localOptions(url)))
  onTestFinished(async () => {
    client.destroy()
    await app.close()
  })
  const isFifo = suffix === '.fifo'
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({
      QueueName: `deployments${suffix}`,
      ...(isFifo && { Attributes: { FifoQueue: 'true' } }),
    }),
  )
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  const queueArn = Attributes?.QueueArn ?? ''
  const ask = async (form: Readonly<Record<string, string>>) => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/sns/aws4_request'
    const body = new URLSearchParams({ Version: '2010-03-31', ...form })
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body })
    return answer.text()
  }
  const fifo = { 'Attributes.entry.1.key': 'FifoTopic', 'Attributes.entry.1.value': 'true' }
  const created = await ask({
    Action: 'CreateTopic',
    Name: `deployments${suffix}`,
    ...(isFifo && fifo),
  })
  const topicArn = /<TopicArn>([^<]+)/.exec(created)?.[1] ?? ''
  await ask({
    Action: 'Subscribe',
    TopicArn: topicArn,
    Protocol: 'sqs',
    Endpoint: queueArn,
    'Attributes.entry.1.key': 'RawMessageDelivery',
    'Attributes.entry.1.value': 'true',
  })
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
  return { url, queueArn, topicArn, receive }
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
  ['sqs', sqs],
  ['sns', sns],
] as const)('%s', (name, type) => {
  it('puts the event where the ARN says, with its attributes', async () => {
    const services = await openServices('')
    const arn = name === 'sqs' ? services.queueArn : services.topicArn
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
    const arn = name === 'sqs' ? services.queueArn : services.topicArn
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
    const arn = name === 'sqs' ? services.queueArn : services.topicArn
    const answer = await deliver(type, `${arn}-not-there`, services)
    if (answer.kind !== 'response') throw new Error(answer.detail)
    expect(type.classify?.(answer)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/^HTTP 4\d\d: [\w.]+: /),
    })
  })
})
