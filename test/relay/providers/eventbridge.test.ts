import { describe, expect, it } from 'vitest'
import { eventBridge } from '../../../relay/providers/eventbridge.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ARN = 'arn:aws:events:eu-west-1:111122223333:event-bus/default'
const settings = settingsOf(eventBridge, { address: ARN })

function entryOf(notification = notificationOf('helmrelease-upgrade-failed')) {
  const [request] = requestsOf(eventBridge, notification, settings)
  const { Entries } = withJsonBody(request).body as {
    readonly Entries: readonly [Readonly<Record<string, unknown>>]
  }
  return Entries[0]
}

describe('eventbridge requests', () => {
  it('put the event on the bus, with its cluster', () => {
    const [request] = requestsOf(
      eventBridge,
      notificationOf('helmrelease-upgrade-failed'),
      settings,
    )
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://events.eu-west-1.amazonaws.com/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
      },
    })
    const { Detail: detail, ...entry } = entryOf()
    expect(entry).toEqual({
      Time: Date.parse('2026-11-20T11:02:17Z') / 1_000,
      Source: 'flux-relay',
      DetailType: 'Flux Event',
      EventBusName: ARN,
    })
    expect(JSON.parse(String(detail))).toMatchObject({
      cluster: 'local',
      deliveryId: 'd'.repeat(64),
      involvedObject: { kind: 'HelmRelease', namespace: 'apps', name: 'webapp' },
      severity: 'error',
      reason: 'UpgradeFailed',
    })
  })

  it('are cut to what an entry has at most', () => {
    const notification = notificationOf('kustomization-applied')
    const event = { ...notification.event, message: '🚀'.repeat(80_000) }
    const detail = String(entryOf({ ...notification, event }).Detail)
    expect(Buffer.byteLength(detail)).toBeLessThan(262_144)
    expect(Buffer.byteLength(detail)).toBeGreaterThan(260_000)
  })
})

it.each([
  ['no address', {}],
  ['a rule', { address: ARN.replace('event-bus', 'rule') }],
  ['the name of a bus', { address: 'default' }],
])('eventbridge settings refuse %s', (_, spec) => {
  expect(() => settingsOf(eventBridge, spec)).toThrow(
    'address: set spec.address to the ARN of the event bus, such as arn:aws:events:',
  )
})

describeStatusClasses(eventBridge)

describe('eventbridge answers', () => {
  const answer = (body: unknown) => eventBridge.classify?.(response(200, JSON.stringify(body)))

  it('without a failed entry are a success', () => {
    expect(answer({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] })).toEqual({
      kind: 'delivered',
    })
  })

  it.each([
    ['InternalFailure', { kind: 'retry', applied: 'unknown' }],
    ['ThrottlingException', { kind: 'retry', applied: 'no' }],
    ['NotAuthorizedForSourceException', { kind: 'rejected' }],
  ])('with an entry that failed by %s are none', (ErrorCode, verdict) => {
    const Entries = [{ ErrorCode, ErrorMessage: 'No.' }]
    expect(answer({ FailedEntryCount: 1, Entries })).toEqual({
      ...verdict,
      reason: `HTTP 200, but the entry failed: ${ErrorCode}: No.`,
    })
  })

  it('of a refusal in JSON repeat what it says', () => {
    const body = JSON.stringify({ __type: 'AccessDeniedException', Message: 'Not you.' })
    expect(eventBridge.classify?.(response(400, body))).toEqual({
      kind: 'unauthorized',
      reason: 'HTTP 400: AccessDeniedException: Not you.',
    })
  })
})
