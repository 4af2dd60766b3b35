import { describe, expect, it } from 'vitest'
import { sns } from '../../../relay/providers/sns.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'

const ARN = 'arn:aws:sns:eu-west-1:111122223333:deployments'

function formOf(notification = notificationOf('helmrelease-upgrade-failed'), address = ARN) {
  const [request] = requestsOf(sns, notification, settingsOf(sns, { address }))
  return new URLSearchParams(String(request?.body))
}

describe('sns requests', () => {
  it('publish the event to the topic, and what subscriptions filter by beside it', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    const [request] = requestsOf(sns, notification, settingsOf(sns, { address: ARN }))
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://sns.eu-west-1.amazonaws.com/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const form = Object.fromEntries(formOf(notification))
    expect(form).toMatchObject({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: ARN,
      Subject: 'helmrelease/webapp.apps: UpgradeFailed',
      Message: expect.stringMatching(/^\{"involvedObject":\{"kind":"HelmRelease",/),
      'MessageAttributes.entry.1.Name': 'cluster',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'local',
      'MessageAttributes.entry.7.Name': 'severity',
      'MessageAttributes.entry.7.Value.StringValue': 'error',
    })
    expect(form).not.toHaveProperty('MessageGroupId')
  })

  it('keep the order of an object in a FIFO topic, and say which repeats are the same', () => {
    const form = formOf(undefined, `${ARN}.fifo`)
    expect(form.get('MessageGroupId')).toMatch(/^[0-9a-f]{64}$/)
    expect(form.get('MessageDeduplicationId')).toBe('d'.repeat(64))
  })

  it.each([
    ['webapp in prod', 'webapp in prod'],
    ['déployé 🚀', 'd?ploy? ?'],
    [' x'.repeat(80), 'x'.repeat(50).split('').join(' ')],
    ['\u0001', '?'],
  ])('have the title %j as subject, as far as SNS takes it', (title, subject) => {
    const notification = { ...notificationOf('kustomization-applied'), title }
    expect(formOf(notification).get('Subject')).toBe(subject)
  })

  it('are cut to what a message has at most', () => {
    const notification = notificationOf('kustomization-applied')
    const event = { ...notification.event, message: '🚀'.repeat(80_000) }
    const message = formOf({ ...notification, event }).get('Message') ?? ''
    expect(Buffer.byteLength(message)).toBeLessThan(262_144)
    expect(Buffer.byteLength(message)).toBeGreaterThan(260_000)
  })
})

it.each([
  ['no address', {}],
  ['a queue', { address: ARN.replace('sns', 'sqs') }],
])('sns settings refuse %s', (_, spec) => {
  expect(() => settingsOf(sns, spec)).toThrow(
    'address: set spec.address to the ARN of the topic, such as arn:aws:sns:',
  )
})

describeStatusClasses(sns)

describe('sns answers', () => {
  const answer = (status: number, code: string) =>
    sns.classify?.(
      response(
        status,
        `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error></ErrorResponse>`,
      ),
    )

  it.each([
    [404, 'NotFound', 'rejected'],
    [400, 'Throttling', 'retry'],
    [403, 'AuthorizationError', 'unauthorized'],
    [403, 'InvalidClientTokenId', 'unauthorized'],
    [400, 'KMSThrottling', 'retry'],
    [500, 'InternalFailure', 'retry'],
  ])('%i with %s are %s', (status, code, kind) => {
    expect(answer(status, code)).toMatchObject({ kind, reason: `HTTP ${status}: ${code}: No.` })
  })
})
