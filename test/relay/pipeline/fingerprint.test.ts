import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint, normalizeMessage } from '../../../relay/pipeline/fingerprint.ts'
import { fixtureEvent } from '../../support/notifications.ts'

describe('normalizeMessage', () => {
  it.each([
    [
      'Reconciliation finished in 2.084434647s, next run in 5m0s',
      'Reconciliation finished in <duration>, next run in <duration>',
    ],
    ['took 31ms', 'took <duration>'],
    ['after 1h2m3.5s: timeout', 'after <duration>: timeout'],
    ['(5m)', '(<duration>)'],
    ['wait 10µs.', 'wait <duration>.'],
    ['at 2026-11-20T09:14:03Z', 'at <time>'],
    ['at 2026-11-20T09:14:03.123456+01:00 it', 'at <time> it'],
    ['id e076e315-5a48-41c3-81c8-8d8bdee7d74d!', 'id <uuid>!'],
    ['status 503, request id: 7f-Ab_9', 'status 503, request id: <id>'],
    ['RequestID: abc123, x', 'RequestID: <id>, x'],
    ['Request ID: e076e315-5a48-41c3-81c8-8d8bdee7d74d', 'Request ID: <id>'],
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
    '12345',
    '5m.example.com',
    'main@sha1:9e2f4c1b',
  ])('leaves %s', (message) => {
    expect(normalizeMessage(message)).toBe(message)
  })

  it('is total and idempotent on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normalizeMessage(text)
        expect(normalizeMessage(once)).toBe(once)
      }),
    )
  })

  it('is linear: 1 MB of half a duration, time or request id takes no time worth naming', () => {
    for (const part of ['1h', '9', '2026-11-20T', 'request id: ', 'e076e315-', '1.1.1.']) {
      const text = part.repeat(Math.ceil(1_000_000 / part.length))
      expect(normalizeMessage(text).length).toBeGreaterThan(0)
    }
  }, 5_000)
})

describe('fingerprint', () => {
  const print = (changes: Record<string, unknown>) =>
    fingerprint(fixtureEvent('helmrelease-upgrade-failed', changes))
  const base = print({})

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

  it('does not mix its parts up', () => {
    const object = (namespace: string, name: string) => ({
      involvedObject: { kind: 'A', namespace, name },
    })
    expect(print(object('ab', 'c'))).not.toBe(print(object('a', 'bc')))
  })
})
