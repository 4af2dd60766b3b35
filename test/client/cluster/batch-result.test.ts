import { expect, it } from 'vitest'
import { batchResultOf, retryOf } from '../../../client/cluster/batch-result.ts'
import { response } from '../../support/notifications.ts'

it.each([
  [401, {}, 'HTTP 401: no such token; check --cluster and --token-file'],
  [404, {}, 'HTTP 404: no such token; check --relay'],
  [
    301,
    { location: 'https://elsewhere.test/' },
    'HTTP 301: no such token; it redirects to https://elsewhere.test/, check --relay',
  ],
  [503, {}, 'HTTP 503: no such token'],
])('%i says what to look at', (status, headers, detail) => {
  const body = JSON.stringify({ detail: 'no such token' })
  expect(retryOf(response(status, body, headers)).detail).toBe(detail)
})

it('a detail is cut, however long the answer is', () => {
  const verdict = batchResultOf(response(301, '', { location: 'x'.repeat(10_000) }), 1)
  expect(verdict).toMatchObject({ kind: 'retry', reason: '301' })
  expect((verdict as { detail: string }).detail.length).toBeLessThanOrEqual(300)
})
