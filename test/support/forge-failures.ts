import { expect, it } from 'vitest'
import type { HttpProvider } from '../../relay/providers/contract.ts'
import { response } from './notifications.ts'

/** Cases for a commit status type: what the status and the headers tell of an answer without a body. */
export function describeForgeFailures<S>(type: HttpProvider<S>): void {
  it.each([
    [301, {}, { kind: 'rejected', reason: expect.stringMatching(/redirects/) }],
    [302, {}, { kind: 'rejected', reason: expect.stringMatching(/redirects/) }],
    [401, {}, { kind: 'unauthorized', reason: 'HTTP 401' }],
    [403, { 'retry-after': '30' }, { kind: 'retry', retryAfterMs: 30_000, applied: 'no' }],
    [403, { 'x-ratelimit-remaining': '0' }, { kind: 'retry', applied: 'no' }],
    [403, { 'x-ratelimit-remaining': '7' }, { kind: 'unauthorized' }],
    [
      404,
      {},
      { kind: 'rejected', reason: expect.stringMatching(/commit is not found, or the token/) },
    ],
    [408, {}, { kind: 'retry', applied: 'no' }],
    [410, {}, { kind: 'rejected', reason: expect.stringMatching(/gone/) }],
    [425, {}, { kind: 'retry', applied: 'no' }],
    [429, {}, { kind: 'retry', applied: 'no' }],
    [429, { 'retry-after': '5' }, { kind: 'retry', retryAfterMs: 5_000, applied: 'no' }],
    [500, {}, { kind: 'retry', applied: 'unknown' }],
    [502, {}, { kind: 'retry', applied: 'unknown' }],
    [503, {}, { kind: 'retry', applied: 'unknown' }],
    [503, { 'retry-after': '5' }, { kind: 'retry', retryAfterMs: 5_000 }],
  ])('judges %i %j', (status, headers: Record<string, string>, verdict) => {
    expect(type.classify?.(response(status, '', headers))).toMatchObject(verdict)
  })

  it.each(['<html>Sign in</html>', '\n<!DOCTYPE html>', '\ufeff<?xml version="1.0"?>'])(
    'takes no page for a success: %j',
    (page) => {
      for (const status of [200, 201, 204]) {
        const verdict = type.classify?.(response(status, page))
        expect(verdict?.kind).toMatch(/^(?:retry|unauthorized)$/)
        expect(verdict).toMatchObject({ reason: expect.stringMatching(/the answer is a page/) })
      }
    },
  )
}
