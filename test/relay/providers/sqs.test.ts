import { describe, expect, it } from 'vitest'
import { sqs } from '../../../relay/providers/sqs.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ARN = 'arn:aws:sqs:eu-west-1:111122223333:deployments'
const KEYS = { accesskey: 'AKIDEXAMPLE', secretkey: 'wJalrXUtnFEMI' }
const settings = settingsOf(sqs, { address: ARN }, KEYS)

function bodyOf(notification = notificationOf('helmrelease-upgrade-failed'), address = ARN) {
  const [request] = requestsOf(sqs, notification, settingsOf(sqs, { address }, KEYS))
  return withJsonBody(request).body as Readonly<Record<string, unknown>>
}

describe('sqs requests', () => {
  it('send the event to the queue, and what consumers select by beside it', () => {
    const [request] = requestsOf(sqs, notificationOf('helmrelease-upgrade-failed'), settings)
    const { body, ...rest } = withJsonBody(request)
    expect(rest).toEqual({
      method: 'POST',
      url: 'https://sqs.eu-west-1.amazonaws.com/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
      },
    })
    const text = (value: string) => ({ DataType: 'String', StringValue: value })
    expect(body).toEqual({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/deployments',
      MessageBody: expect.stringMatching(/^\{"involvedObject":\{"kind":"HelmRelease",/),
      MessageAttributes: {
        cluster: text('local'),
        deliveryId: text('d'.repeat(64)),
        kind: text('HelmRelease'),
        name: text('webapp'),
        namespace: text('apps'),
        reason: text('UpgradeFailed'),
        severity: text('error'),
      },
    })
  })

  it('keep the order of an object in a FIFO queue, and say which repeats are the same', () => {
    const failed = notificationOf('helmrelease-upgrade-failed')
    const fifo = (notification = failed) => bodyOf(notification, `${ARN}.fifo`)
    expect(fifo()).toMatchObject({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/deployments.fifo',
      MessageGroupId: expect.stringMatching(/^[0-9a-f]{64}$/),
      MessageDeduplicationId: 'd'.repeat(64),
    })
    const groups = [
      fifo(),
      fifo({ ...failed, deliveryId: 'e'.repeat(64) }),
      fifo({ ...failed, cluster: 'staging' }),
      fifo(notificationOf('kustomization-applied')),
    ].map(({ MessageGroupId }) => MessageGroupId)
    expect(groups[1]).toBe(groups[0])
    expect(new Set(groups).size).toBe(3)
  })

  it.each([
    ['aws-cn', 'cn-north-1', 'https://sqs.cn-north-1.amazonaws.com.cn/'],
    ['aws-us-gov', 'us-gov-west-1', 'https://sqs.us-gov-west-1.amazonaws.com/'],
    ['aws-eusc', 'eusc-de-east-1', 'https://sqs.eusc-de-east-1.amazonaws.eu/'],
  ])('go to the hosts of the partition %s', (partition, region, url) => {
    const address = `arn:${partition}:sqs:${region}:111122223333:q`
    const [request] = requestsOf(
      sqs,
      notificationOf('kustomization-applied'),
      settingsOf(sqs, { address }),
    )
    expect(request?.url).toBe(url)
  })

  it('have no character that SQS refuses, and no empty attribute', () => {
    const message = 'a\ufffeb\uffffc\u0001d'
    const notification = notificationOf('kustomization-applied', { message, reason: '' })
    const event = { ...notification.event, message }
    const { MessageBody: text, MessageAttributes: attributes } = bodyOf({ ...notification, event })
    expect(text).not.toMatch(/[\ufffe\uffff]|\p{Cc}/u)
    expect(JSON.parse(String(text)).message).toBe(message)
    expect(attributes).not.toHaveProperty('reason')
  })

  it('are cut to what a message has at most', () => {
    const notification = notificationOf('kustomization-applied')
    const event = { ...notification.event, message: '🚀'.repeat(400_000) }
    const text = String(bodyOf({ ...notification, event }).MessageBody)
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576)
    expect(Buffer.byteLength(text)).toBeGreaterThan(1_040_000)
    expect(JSON.parse(text).message).toMatch(/^(🚀)+…$/u)
  })
})

describe('sqs settings', () => {
  it.each([
    [
      'no address',
      {},
      {},
      'address: set spec.address to the ARN of the queue, such as arn:aws:sqs:',
    ],
    ['an address of HTTP', { address: 'https://sqs.eu-west-1.amazonaws.com/1/q' }, {}, 'address: '],
    ['a topic', { address: ARN.replace('sqs', 'sns') }, {}, 'address: set spec.address to the ARN'],
    ['a name with a slash', { address: `${ARN}/x` }, {}, 'address: '],
    ['a partition that nobody knows', { address: ARN.replace('aws', 'aws-x') }, {}, 'address: '],
    ['a region with a host', { address: ARN.replace('eu-west-1', 'evil.test#') }, {}, 'address: '],
    ['half a key', { address: ARN }, { accesskey: 'A' }, 'secret: an access key needs both'],
    ['the other half', { address: ARN }, { secretkey: 'A' }, 'secret: an access key needs both'],
    [
      'a session alone',
      { address: ARN },
      { sessiontoken: 'A' },
      'secret: an access key needs both',
    ],
    [
      'a line break in a key',
      { address: ARN },
      { ...KEYS, accesskey: 'A\nB' },
      'secret: the Secret key accesskey holds the character U+000A',
    ],
  ])('refuse %s', (_, spec, secret, message) => {
    expect(() => settingsOf(sqs, spec, secret)).toThrow(message)
  })

  it('take a key with the line break at the end of its file', () => {
    const { keys } = settingsOf(sqs, { address: ARN }, { accesskey: 'A\n', secretkey: 'B\n' })
    expect(keys).toEqual({ accessKeyId: 'A', secretAccessKey: 'B' })
  })
})

describeStatusClasses(sqs)

describe('sqs answers', () => {
  const answer = (code: string, message = 'No.') =>
    sqs.classify?.(response(400, JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message })))

  it.each([
    ['QueueDoesNotExist', 'rejected'],
    ['RequestThrottled', 'retry'],
    ['KmsThrottled', 'retry'],
    ['AccessDeniedException', 'unauthorized'],
    ['InvalidClientTokenId', 'unauthorized'],
    ['ExpiredTokenException', 'unauthorized'],
  ])('with %s are %s', (code, kind) => {
    expect(answer(code)).toMatchObject({ kind, reason: `HTTP 400: ${code}: No.` })
  })

  it.each([
    [400, 'InvalidSignatureException'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'RequestExpired'],
    [403, 'RequestTimeTooSkewed'],
  ])('about a signature (%i %s) are tried again while the clocks differ', (status, code) => {
    const of = (date: string) =>
      sqs.classify?.(response(status, JSON.stringify({ __type: code }), { date }))
    expect(of('Thu, 01 Jan 1970 00:10:00 GMT')).toEqual({
      kind: 'retry',
      applied: 'no',
      reason: `HTTP ${status}: ${code}: the clock of this host is 600 s behind that of the service, which refuses signatures of another time; set it`,
    })
    expect(of('Wed, 31 Dec 1969 23:56:00 GMT')).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('is 240 s ahead of that of the service'),
    })
    // AWS takes a time that is less than five minutes from its own: then the key is wrong.
    for (const date of ['Thu, 01 Jan 1970 00:03:59 GMT', 'Wed, 31 Dec 1969 23:56:01 GMT']) {
      expect(of(date)).toMatchObject({ kind: 'unauthorized' })
    }
  })

  it('about rights are no matter of clocks', () => {
    const body = JSON.stringify({ __type: 'AccessDeniedException' })
    const date = 'Thu, 01 Jan 1970 00:10:00 GMT'
    expect(sqs.classify?.(response(400, body, { date }))).toMatchObject({ kind: 'unauthorized' })
  })

  it('say of a limit that nothing was taken', () => {
    expect(answer('RequestThrottled')).toHaveProperty('applied', 'no')
  })

  it.each([
    [400, 'RequestThrottled'],
    [503, 'ServiceUnavailable'],
  ])('with %i are tried after the wait that they ask for', (status, code) => {
    const body = JSON.stringify({ __type: code })
    const verdict = sqs.classify?.(response(status, body, { 'retry-after': '120' }))
    expect(verdict).toMatchObject({ kind: 'retry', retryAfterMs: 120_000 })
  })
})
