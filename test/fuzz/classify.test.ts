import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHttpDate } from '../../relay/model/retry.ts'
import type { HttpResponse } from '../../relay/ports/http.ts'
import { classifyServiceAnswer } from '../../relay/providers/answers/service-answer.ts'
import { isHttpProvider } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { Verdict } from '../../relay/providers/verdict.ts'
import { runsOf } from '../support/full-size.ts'
import { responseArbitrary } from '../support/responses.ts'
import { expectUnderstandable } from '../support/verdicts.ts'

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

const isHtml = ({ headers }: HttpResponse) => /html/i.test(headers['content-type'] ?? '')

const isOk = ({ status }: HttpResponse) => status >= 200 && status < 300

/** What stands in front of the service answered, such as a sign-in. */
const PAGES: readonly Objection[] = [
  { when: (r) => isOk(r) && /^[\s\0\ufffd]*<\0?[a-z!?/]/i.test(r.body), kinds: ['retry'] },
  {
    when: (r) => isOk(r) && r.headers['content-encoding'] !== undefined && isHtml(r),
    kinds: ['retry'],
  },
  { when: (r) => isOk(r) && r.truncated && r.body === '' && isHtml(r), kinds: ['retry'] },
]

const LIMITED_BY_MESSAGE: readonly Objection[] = [
  { when: (r) => r.status === 403 && /rate limit/i.test(r.body), kinds: ['retry'] },
]

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
  azureeventhub: [{ when: isOfAnotherTime, kinds: ['retry'] }],
  github: LIMITED_BY_MESSAGE,
  githubdispatch: LIMITED_BY_MESSAGE,
  googlepubsub: [{ when: (r) => r.status === 499, kinds: ['retry'] }],
  gitlab: [
    { when: (r) => r.status === 409, kinds: ['retry'] },
    { when: (r) => r.status === 400 && r.body.includes('Cannot transition'), kinds: ['delivered'] },
  ],
  lark: [
    {
      when: (r) => (isOk(r) || (r.status >= 400 && r.status < 500)) && hasErrorCode(r.body),
      kinds: ['retry', 'unauthorized', 'rejected'],
    },
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
  webex: [{ when: (r) => r.status === 423, kinds: ['retry'] }],
}

/** Whether a refusal may be due to the clock, since what was sent is signed with the time of this host. */
function isOfAnotherTime({ status, headers, receivedAt }: HttpResponse): boolean {
  const differs = Math.abs((parseHttpDate(headers.date) ?? receivedAt) - receivedAt) >= 30_000
  return (status === 401 || status === 403) && differs
}

function hasErrorCode(body: string): boolean {
  try {
    const { code } = JSON.parse(body) as { code?: unknown }
    return typeof code === 'number' && code !== 0
  } catch {
    return false
  }
}

function isRefusal(body: string): boolean {
  try {
    return (JSON.parse(body) as { ok?: unknown }).ok === false
  } catch {
    return false
  }
}

/** A reason tells what was answered. */
const REASON = /HTTP \d|answered|did not/

describe.each([...providerTypes.values()].filter(isHttpProvider))('$type', (type) => {
  it('judges every answer by the rule, or by an objection that is listed', () => {
    fc.assert(
      fc.property(responseArbitrary, (response) => {
        const verdict = (type.classify ?? classifyServiceAnswer)(response)
        const own = OBJECTIONS[type.type] ?? []
        const objections = [...PAGES, ...own].filter(({ when }) => when(response))
        const allowed = [ruled(response), ...objections.flatMap(({ kinds }) => kinds)]
        expect(allowed).toContain(verdict.kind)
        expectUnderstandable(verdict)
        if (verdict.kind !== 'delivered') expect(verdict.reason).toMatch(REASON)
      }),
      { numRuns: runsOf(100) },
    )
  })
})
