import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import { fingerprint, normalizeMessage } from '../../../relay/pipeline/fingerprint.ts'
import { fixtureEvent } from '../../support/notifications.ts'
import { DIFFERENCES } from './differing-messages.ts'
import { REPEATS } from './repeated-messages.ts'

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^\\d{${min},${max}}$`))
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })

/** What is made up anew for each report, between words that tell so. */
const MADE_UP: ReadonlyArray<
  readonly [before: string, madeUp: fc.Arbitrary<string>, after: string]
> = [
  ['finished in ', fc.stringMatching(/^(\d{1,2}m)?\d{1,3}(\.\d{1,3})?m?s$/), ', next run in 5m0s'],
  ['not ready for a while, ', fc.stringMatching(/^\d{1,3}\.\d{3}s$/), ''],
  ['at ', time.map((at) => at.toISOString()), ' it failed'],
  ['context deadline, ts=', time.map((at) => at.toISOString().replace('T', ' ')), ''],
  ['stat /tmp/kustomization-', digits(6, 20), '/apps'],
  ['denied, request id: ', fc.stringMatching(/^[A-Za-z0-9-]{8,36}$/), ''],
  ['UID in precondition: ', fc.uuid(), ' is another'],
  ['web-', fc.stringMatching(/^[bcdf]{4}[2456789][bcdf]{4}-[bcdf2]{5}$/), ' crashed'],
  ['read tcp 10.0.0.1:', digits(1, 5), '->10.0.0.2:443: reset'],
  ['at resource version ', digits(1, 20), ''],
  ['container id containerd://', hex(64), ''],
  ['goroutine 7 at 0xc', hex(10), ''],
  ['GET /a?X-Amz-Signature=', hex(64), ' refused'],
]

const PLACEHOLDER = /<[a-z]+>/g
const PLACEHOLDERS = [
  ...['<duration>', '<time>', '<random>', '<id>', '<session>', '<signature>', '<version>'],
  ...['<uid>', '<pod>', '<local>', '<port>', '<pointer>', '<address>'],
]

function placeholdersIn(text: string): string[] {
  return text.match(PLACEHOLDER) ?? []
}

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

  it('is the same for two reports whatever a machine made up anew in each', () => {
    const clause = fc.oneof(
      ...MADE_UP.map(([before, madeUp, after]) =>
        fc.tuple(madeUp, madeUp).map((pair) => pair.map((value) => `${before}${value}${after}`)),
      ),
    )
    const clauses = fc.array(clause, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(clauses, fc.constantFrom('; ', '\n', ', ', ' - '), (pairs, between) => {
        const [first = '', second = ''] = [0, 1].map((report) =>
          pairs.map((pair) => pair[report]).join(between),
        )
        expect(normalizeMessage(first)).toBe(normalizeMessage(second))
      }),
      { numRuns: 1_000 },
    )
  })

  it('leaves the placeholders in a text as they are, whatever is around them', () => {
    const messages = [...REPEATS, ...DIFFERENCES].flatMap(([, ...pair]) => pair)
    const words = messages.flatMap((message) => message.split(/(?<=[\s:/=.-])/))
    const text = fc.oneof(
      fc.constantFrom(...messages),
      fc
        .array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...PLACEHOLDERS)), {
          maxLength: 16,
        })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (message) => {
        const left = placeholdersIn(normalizeMessage(message))
        for (const placeholder of placeholdersIn(message)) {
          // What is made anew may come in between.
          while (left.length > 0 && left[0] !== placeholder) left.shift()
          expect(left.shift()).toBe(placeholder)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  // So a message is normalised once, and what is normalised is never stored and normalised again.
  it.each([
    [
      '://2026-11-20 09:14:03.5 dial tcp 10.0.0.1:443',
      '://<time> dial tcp 10.0.0.1:443',
      '://<time> dial tcp <address>:443',
    ],
  ])('is not idempotent, for a placeholder is a word to the next pass: %s', (...passes) => {
    const [message, once, twice] = passes
    expect([normalizeMessage(message), normalizeMessage(once)]).toEqual([once, twice])
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
