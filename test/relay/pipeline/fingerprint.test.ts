import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import { fingerprint, normalizeMessage } from '../../../relay/pipeline/fingerprint.ts'
import { fixtureEvent } from '../../support/notifications.ts'
import { DIFFERENCES } from './differing-messages.ts'
import { REPEATS } from './repeated-messages.ts'

describe('messages of two reports', () => {
  it.each(REPEATS)('of one thing are the same: %s', (_, first, second) => {
    expect(first).not.toBe(second)
    expect(normalizeMessage(first)).toBe(normalizeMessage(second))
  })

  it.each(DIFFERENCES)('of two things differ: %s', (_, first, second) => {
    expect(normalizeMessage(first)).not.toBe(normalizeMessage(second))
  })
})

describe('normalizeMessage', () => {
  it.each([
    ['took 31ms', 'took <duration>'],
    ['(took 10µs)', '(took <duration>)'],
    ['wait of 1.234ms.', 'wait of <duration>.'],
    ['at 2026-11-20T09:14:03Z', 'at <time>'],
    ['at 2026-11-20T09:14:03.123456+01:00 it', 'at <time> it'],
    ['"ts":"2026-11-20 09:14:03Z"', '"ts":"<time>"'],
    ['status 503, request id: 7f-Ab_9', 'status 503, request id: <id>'],
    ['RequestID: abc123, x', 'RequestID: <id>, x'],
    [String.raw`{\"requestId\":\"a1\"}`, String.raw`{\"requestId\":\"<id>\"}`],
    ['/tmp/a-123456/b', '/tmp/a-<random>/b'],
    ['pod/web-6d4cf56db6-x8zzq', 'pod/web-<pod>'],
    ['read tcp 10.0.0.1:43210->10.0.0.2:443', 'read tcp <local>->10.0.0.2:443'],
  ])('%s', (message, normal) => {
    expect(normalizeMessage(message)).toBe(normal)
  })

  it.each([
    'chart webapp-5m',
    'image app:1.5m',
    'version v1.2s',
    'path /5m/x',
    'user@5m',
    '5 minutes',
    'in 5 minutes',
    '12345',
    '5m.example.com',
    'main@sha1:9e2f4c1b',
    'wait for 5m',
    '(5m)',
    'id e076e315-5a48-41c3-81c8-8d8bdee7d74d!',
    '/tmp/release-1.2/a',
    '/data/kustomization-2261749457/a',
    'restoring the host identity: a',
    '10.0.0.1:8080',
    'web-https',
    'tmpfs on app-tmpfs',
  ])('leaves %s', (message) => {
    expect(normalizeMessage(message)).toBe(message)
  })

  it('is idempotent on messages of every kind, and on any text', () => {
    const messages = [...REPEATS, ...DIFFERENCES].flatMap(([, ...pair]) => pair)
    const pieces = fc.constantFrom(...messages.flatMap((message) => message.split(/(?<=[\s:])/)))
    const text = fc.oneof(
      fc.constantFrom(...messages),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ maxLength: 60 }),
    )
    fc.assert(
      fc.property(text, (message) => {
        const once = normalizeMessage(message)
        expect(normalizeMessage(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })

  // A step count would need another engine. Ten times as long must take about ten times as long:
  // the longer of two texts has the best of several runs, and a hundredfold price is quadratic.
  it.each([
    ...['1h', '9', '1.', 'in 5s ', '2026-11-20T', '2026-11-20 09:14:03 ', 'request id: '],
    ...['requestid"\'', 'e076e315-', '/tmp/', '/tmp/a-1', '/tmp/123456', 'a-bcdfgh2-', 'pod/'],
    ...['pod a-', '_a(', ':1->', 'dial tcp ', 'dial tcp 1.1.1.1', '://', 'https://a: ', 'at '],
    ...['valid ', 'expires a ', '&sig=', 'resource version ', ':assumed-role/a', '[', '\n', 'E09'],
    ...['container id ', '0xc', 'x', 'aaaaaaaaa.', 'been a for '],
  ])('has a price that grows with the length of %j only', (part) => {
    const price = (length: number) => {
      const text = part.repeat(Math.ceil(length / part.length)).slice(0, length)
      const runs = Array.from({ length: 3 }, () => cpuMsOf(() => normalizeMessage(text)))
      return Math.min(...runs)
    }
    expect(price(MAX_MESSAGE_LENGTH)).toBeLessThan(40 * price(MAX_MESSAGE_LENGTH / 10) + 20)
  })
})

/** What a piece of work costs this process, whatever else the machine does. Milliseconds. */
function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

describe('fingerprint', () => {
  const print = (changes: Record<string, unknown>) =>
    fingerprint(fixtureEvent('helmrelease-upgrade-failed', changes))
  const base = print({})
  const withMetadata = (metadata: Record<string, string>) => print({ metadata })

  it.each([
    ['time', { timestamp: '2026-11-20T11:02:18Z' }, true],
    ['reason', { reason: 'Other' }, true],
    ['severity', { severity: 'info' }, true],
    ['message', { message: 'other' }, false],
    ['metadata token', { metadata: { 'helm.toolkit.fluxcd.io/token': 'other' } }, false],
    ['revision', { metadata: { 'helm.toolkit.fluxcd.io/revision': '1.4.3' } }, false],
  ])('with another %s', (_, changes, isSame) => {
    expect(print(changes) === base).toBe(isSame)
  })

  it.each([
    ['event.toolkit.fluxcd.io/commit', false],
    ['event.toolkit.fluxcd.io/change_request', false],
    ['helm.toolkit.fluxcd.io/originRevision', false],
    ['helm.toolkit.fluxcd.io/token', false],
    ['event.toolkit.fluxcd.io/commit_status', true],
    ['helm.toolkit.fluxcd.io/app-version', true],
  ])('with another %s', (key, isSame) => {
    const [first, second] = ['9e2f4c1b', '0a1b2c3d'].map((value) => withMetadata({ [key]: value }))
    expect(first === second).toBe(isSame)
  })

  it('does not mix its parts up', () => {
    const object = (namespace: string, name: string) => ({
      involvedObject: { kind: 'A', namespace, name },
    })
    expect(print(object('ab', 'c'))).not.toBe(print(object('a', 'bc')))
    const commit = withMetadata({ 'event.toolkit.fluxcd.io/commit': '1' })
    const request = withMetadata({ 'event.toolkit.fluxcd.io/change_request': '1' })
    expect(commit).not.toBe(request)
  })
})
