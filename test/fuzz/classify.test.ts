import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../relay/ports.ts'
import { classifyStatus } from '../../relay/providers/classify.ts'
import { isHttpProvider, type Verdict } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { responseArbitrary } from '../support/responses.ts'

/** What a status comes to when the type has no objection of its own. */
function ruled({ status, headers }: HttpResponse): Verdict['kind'] {
  if (status >= 200 && status < 300) return 'delivered'
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'retry'
  const isLimited = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0'
  if (status === 403 && isLimited) return 'retry'
  return status === 401 || status === 403 ? 'unauthorized' : 'rejected'
}

interface Objection {
  readonly when: (response: HttpResponse) => boolean
  readonly kinds: readonly Verdict['kind'][]
}

const isOk = ({ status }: HttpResponse) => status >= 200 && status < 300

/** Where the protocol of a type says more than the status: the only other verdicts there are. */
const OBJECTIONS: Readonly<Record<string, readonly Objection[]>> = {
  azuredevops: [
    {
      when: (r) => isOk(r) && (r.status === 203 || !r.body.trimStart().startsWith('{')),
      kinds: ['unauthorized'],
    },
    {
      when: (r) => isOk(r) && /html/i.test(r.headers['content-type'] ?? ''),
      kinds: ['unauthorized'],
    },
  ],
  github: [{ when: (r) => r.status === 403 && /rate limit/i.test(r.body), kinds: ['retry'] }],
  gitlab: [
    { when: (r) => r.status === 409, kinds: ['retry'] },
    { when: (r) => r.status === 400 && r.body.includes('Cannot transition'), kinds: ['delivered'] },
  ],
  msteams: [
    {
      when: (r) => isOk(r) && r.body.includes('Webhook message delivery failed'),
      kinds: ['retry', 'rejected'],
    },
  ],
  slack: [
    {
      when: (r) => isOk(r) && isRefusal(r.body),
      kinds: ['retry', 'unauthorized', 'rejected'],
    },
  ],
}

function isRefusal(body: string): boolean {
  try {
    return (JSON.parse(body) as { ok?: unknown }).ok === false
  } catch {
    return false
  }
}

const MAX_REASON_LENGTH = 600

describe.each([...providerTypes.values()].filter(isHttpProvider))('$type', (type) => {
  it('judges every answer by the rule, or by an objection that is listed', () => {
    fc.assert(
      fc.property(responseArbitrary, (response) => {
        const verdict = (type.classify ?? classifyStatus)(response)
        const objections = (OBJECTIONS[type.type] ?? []).filter(({ when }) => when(response))
        const allowed = [ruled(response), ...objections.flatMap(({ kinds }) => kinds)]
        expect(allowed).toContain(verdict.kind)
        expectUnderstandable(verdict)
      }),
      { numRuns: 250 },
    )
  })
})

function expectUnderstandable(verdict: Verdict): void {
  if (verdict.kind !== 'delivered') expect(verdict.reason).toMatch(/HTTP \d|answered|did not/)
  expect((verdict.reason ?? '').length).toBeLessThan(MAX_REASON_LENGTH)
  expect(verdict.reason ?? '').not.toMatch(/\p{Cc}/u)
  if (verdict.kind !== 'retry' || verdict.retryAfterMs === undefined) return
  expect(verdict.retryAfterMs).toBeGreaterThanOrEqual(0)
  expect(verdict.retryAfterMs).toBeLessThanOrEqual(3_600_000)
}
