import { describe, expect, it } from 'vitest'
import { classifyServiceAnswer } from '../../relay/providers/answers/service-answer.ts'
import type { HttpProvider } from '../../relay/providers/contract.ts'
import type { Verdict } from '../../relay/providers/verdict.ts'
import { response } from './notifications.ts'

type Row = readonly [status: number, headers: Record<string, string>, verdict: Verdict]

const delivered = { kind: 'delivered' } as const

function retry(applied: 'no' | 'unknown', reason: string, retryAfterMs?: number): Verdict {
  return { kind: 'retry', reason, applied, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

function rejected(reason: string): Verdict {
  return { kind: 'rejected', reason }
}

/** What the status alone says, for every type whose protocol does not say more. */
const STATUS_CLASSES: readonly Row[] = [
  [200, {}, delivered],
  [201, {}, delivered],
  [202, {}, delivered],
  [204, {}, delivered],
  [301, {}, rejected('HTTP 301: the destination redirects, which is not followed')],
  [307, {}, rejected('HTTP 307: the destination redirects, which is not followed')],
  [400, {}, rejected('HTTP 400')],
  [401, {}, { kind: 'unauthorized', reason: 'HTTP 401' }],
  [403, {}, { kind: 'unauthorized', reason: 'HTTP 403' }],
  [403, { 'retry-after': '30' }, retry('no', 'HTTP 403, rate limited', 30_000)],
  [403, { 'x-ratelimit-remaining': '0' }, retry('no', 'HTTP 403, rate limited')],
  [404, {}, rejected('HTTP 404')],
  [408, {}, retry('no', 'HTTP 408')],
  [410, {}, rejected('HTTP 410: the address is gone')],
  [413, {}, rejected('HTTP 413')],
  [425, {}, retry('no', 'HTTP 425')],
  [429, {}, retry('no', 'HTTP 429')],
  [429, { 'retry-after': '7' }, retry('no', 'HTTP 429', 7_000)],
  [500, {}, retry('unknown', 'HTTP 500')],
  [502, {}, retry('unknown', 'HTTP 502')],
  [503, {}, retry('unknown', 'HTTP 503')],
  [503, { 'retry-after': '120' }, retry('unknown', 'HTTP 503', 120_000)],
]

/** Cases for a type that judges answers with an empty body by their status. */
export function describeStatusClasses<S>(type: HttpProvider<S>): void {
  const classify = type.classify ?? classifyServiceAnswer
  describe(`${type.type} answers, by status`, () => {
    it.each(STATUS_CLASSES)('judges %i %o', (status, headers, verdict) => {
      expect(classify(response(status, '', headers))).toEqual(verdict)
    })
  })
}
