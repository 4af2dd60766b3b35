import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../relay/model/outcomes.ts'
import type {
  HttpResponse,
  TransportFailure,
  TransportFailureCause,
} from '../../relay/ports/http.ts'
import { isHttpProvider, type ProviderType } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { ShownRecord } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'
import { plainProvider } from '../support/plain-provider.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../support/relay-harness.ts'

/** What becomes of the claim on what a delivery replaces, for the types that have such a thing. */
type Claim =
  /** The destination shows this result: the same one is not sent again. */
  | 'settled'
  /** Given back: the next event of the subject is sent at once. */
  | 'released'
  /** Held until it expires: the request may still be acted on. */
  | 'kept'

interface Expected {
  readonly outcome: Outcome
  readonly claim: Claim
  /** All of the text. */
  readonly reason: RegExp
  /** For a retry, from now. */
  readonly dueInMs?: number
  /** Requests of the first try; a credential that is refused is read anew and tried once more. */
  readonly requests?: number
}

type Row = readonly [what: string, answer: HttpResponse | TransportFailure, expected: Expected]

const FIRST_DELAY_MS = 5_000
const HOUR_MS = 3_600_000

const delivered = (status: number): Expected => ({
  outcome: 'delivered',
  claim: 'settled',
  reason: new RegExp(`^HTTP ${status}$`),
})

const retry = (reason: RegExp, claim: Claim, dueInMs = FIRST_DELAY_MS): Expected => ({
  outcome: 'retry',
  claim,
  reason,
  dueInMs,
})

const dead = (reason: RegExp, requests = 1): Expected => ({
  outcome: 'dead',
  claim: 'released',
  reason,
  requests,
})

const limited = (status: number, retryAfter: string, dueInMs: number): Row => [
  `${status} with Retry-After: ${retryAfter}`,
  answer(status, { 'retry-after': retryAfter }),
  retry(new RegExp(`^HTTP ${status}`), 'released', dueInMs),
]

/** Forges say what a 404 may mean; the others only its number. */
const NOT_FOUND = /^HTTP 404(: the repository .*is not found, or the token lacks .*)?$/
const REFUSED = /^HTTP 40[13]: the credential was not accepted$/

const PAGE = answer(200, {}, '<!DOCTYPE html><title>Sign in</title>')

const ANSWERS: readonly Row[] = [
  ['a page', PAGE, retry(/^HTTP 200: the answer is a page, and not /, 'released')],
  ['200', answer(200, {}, '{}'), delivered(200)],
  ['201', answer(201, {}, '{}'), delivered(201)],
  ['202', answer(202, {}, '{}'), delivered(202)],
  ['301', answer(301), dead(/^HTTP 301: the destination redirects, which is not followed$/)],
  ['304', answer(304), dead(/^HTTP 304: the destination redirects, which is not followed$/)],
  ['307', answer(307), dead(/^HTTP 307: the destination redirects, which is not followed$/)],
  ['400', answer(400), dead(/^HTTP 400$/)],
  ['401', answer(401), dead(REFUSED, 2)],
  ['403', answer(403), dead(REFUSED, 2)],
  [
    '403 with a used up rate limit',
    answer(403, { 'x-ratelimit-remaining': '0' }),
    retry(/^HTTP 403, rate limited$/, 'released'),
  ],
  ['404', answer(404), dead(NOT_FOUND)],
  ['408', answer(408), retry(/^HTTP 408$/, 'released')],
  ['410', answer(410), dead(/^HTTP 410: the address is gone$/)],
  ['413', answer(413), dead(/^HTTP 413$/)],
  ['422', answer(422), dead(/^HTTP 422$/)],
  ['425', answer(425), retry(/^HTTP 425$/, 'released')],
  ['429', answer(429), retry(/^HTTP 429$/, 'released')],
  limited(429, '120', 120_000),
  limited(429, 'Fri, 20 Nov 2026 09:24:03 GMT', 600_000),
  limited(429, '86400', HOUR_MS),
  limited(429, '0', FIRST_DELAY_MS),
  limited(429, 'Fri, 20 Nov 2020 09:24:03 GMT', FIRST_DELAY_MS),
  limited(429, 'soon', FIRST_DELAY_MS),
  limited(503, '90', 90_000),
  limited(403, '90', 90_000),
  ['500', answer(500), retry(/^HTTP 500$/, 'released')],
  ['502', answer(502), retry(/^HTTP 502$/, 'released')],
  ['599', answer(599), retry(/^HTTP 599$/, 'released')],
  ['a status and half a body', cutOff(200, '{"id": 1'), delivered(200)],
  ['an error and half a body', cutOff(503, '{"message": "dow'), retry(/^HTTP 503$/, 'released')],
  ['a body that is too long', cutOff(200, `{"a":"${'x'.repeat(20_000)}`), delivered(200)],
  ['an error in words', answer(400, {}, 'no such\n room'), dead(/^HTTP 400: no such room$/)],
  ['an error in JSON', answer(400, {}, '{"detail":"no"}'), dead(/^HTTP 400: no$/)],
  ['an error page', answer(400, {}, '<p>no</p>'), dead(/^HTTP 400$/)],
  ['an error that is too long', cutOff(400, 'x'.repeat(20_480)), dead(/^HTTP 400$/)],
]

function cutOff(status: number, body: string): HttpResponse {
  return { kind: 'response', status, headers: {}, body, truncated: true, receivedAt: START }
}

const failed = (
  what: string,
  cause: TransportFailureCause,
  mayHaveArrived: boolean,
  expected: 'retry' | 'dead',
): Row => {
  const detail = 'service.test:443 did this'
  const reason = new RegExp(`^${cause}: ${detail}$`)
  return [
    what,
    { kind: 'failure', cause, mayHaveArrived, detail },
    expected === 'dead' ? dead(reason) : retry(reason, mayHaveArrived ? 'kept' : 'released'),
  ]
}

/** A commit may come yet of which a forge says that it has none. The event is young here. */
const ABSENT: readonly Row[] = [
  ['404', answer(404), retry(NOT_FOUND, 'released')],
  ['422', answer(422), retry(/^HTTP 422$/, 'released')],
]

const FAILURES: readonly Row[] = [
  failed('an unknown name', 'dns', false, 'retry'),
  failed('a refused connection', 'connect', false, 'retry'),
  failed('a certificate that is not trusted', 'tls', false, 'retry'),
  failed('a proxy that refuses', 'proxy', false, 'retry'),
  failed('a reset before the request', 'reset', false, 'retry'),
  failed('a reset after the request', 'reset', true, 'retry'),
  failed('no connection in time', 'timeout', false, 'retry'),
  failed('no answer in time', 'timeout', true, 'retry'),
  failed('an answer that is no HTTP', 'protocol', true, 'retry'),
  failed('an address that is not allowed', 'address-refused', false, 'dead'),
  failed('a request that cannot be sent', 'invalid-request', false, 'dead'),
]

const slackError = (error: string) => answer(200, {}, JSON.stringify({ ok: false, error }))
const message = (status: number, text: string, headers = {}) =>
  answer(status, headers, JSON.stringify({ message: text }))

/** Answers that mean something to one type only. */
const OWN: Readonly<Record<string, readonly Row[]>> = {
  azuredevops: [
    ['a page', PAGE, dead(/is a page, not JSON; the token may/, 2)],
    ['a sign-in page', answer(203, {}, '<html>'), dead(/is a page, not JSON; the token may/, 2)],
  ],
  generic: [['a page', PAGE, delivered(200)]],
  'generic-hmac': [['a page', PAGE, delivered(200)]],
  // It is asked for the commit then, and answers the same.
  gitea: [['500', answer(500), { ...retry(/^HTTP 500$/, 'released'), requests: 2 }]],
  github: [
    [
      'a secondary rate limit',
      message(403, 'You have exceeded a secondary rate limit'),
      retry(/^HTTP 403: You have exceeded a secondary rate limit$/, 'released', 60_000),
    ],
    [
      'what is wrong',
      message(422, 'No commit found'),
      retry(/^HTTP 422: No commit found$/, 'released'),
    ],
    [
      'a limit',
      message(422, 'This SHA and context has reached the maximum number of statuses.'),
      dead(/^HTTP 422: This SHA and context/),
    ],
  ],
  gitlab: [
    [
      'a state that it has already',
      message(400, 'Cannot transition status via :drop from :failed'),
      { ...delivered(400), reason: /^GitLab has this state already$/ },
    ],
    ['a lock', message(409, 'locked'), retry(/^HTTP 409: locked$/, 'released')],
  ],
  msteams: [
    [
      'a 429 within a 200',
      answer(200, {}, 'Webhook message delivery failed: returned HTTP error 429'),
      retry(/^Teams answered HTTP 429 to its connector$/, 'released'),
    ],
    [
      'a 400 within a 200',
      answer(200, {}, 'Webhook message delivery failed: returned HTTP error 400'),
      dead(/^Teams answered HTTP 400 to its connector$/),
    ],
  ],
  slack: [
    ['a rate limit', slackError('ratelimited'), retry(/^Slack answered ratelimited$/, 'released')],
    ['no channel', slackError('channel_not_found'), dead(/^Slack answered channel_not_found$/)],
    ['a bad token', slackError('invalid_auth'), dead(/^Slack answered invalid_auth: the cred/, 2)],
  ],
}

/**
 * Whether each row can have a destination of its own. A type of AWS sends to the one host of its service, in
 * all rows; what it makes of answers is in its own test.
 */
function hasOwnHosts(type: ProviderType): boolean {
  return !plainProvider(type).spec.address.startsWith('arn:')
}

/** What a type with a protocol of its own makes of answers is in its own test. */
const TABLE = [...providerTypes.values()]
  .filter(isHttpProvider)
  .filter(hasOwnHosts)
  .map((type) => {
    const own = OWN[type.type] ?? []
    const isOwn = (what: string) => own.some(([ownWhat]) => ownWhat === what)
    const rows = [...[...ANSWERS, ...FAILURES].filter(([what]) => !isOwn(what)), ...own]
    if (type.family !== 'commit-status') return { type, name: type.type, rows }
    const others = rows.filter(([what]) => ABSENT.every(([absent]) => absent !== what))
    return { type, name: type.type, rows: [...others, ...ABSENT] }
  })

describe.each(TABLE)('$name, answered with', ({ type, rows }) => {
  let results: Promise<ReadonlyMap<string, Result>> | undefined

  const cases = rows.map(([what, , expected]) => [what, expected] as const)
  it.each(cases)('%s', async (what, expected) => {
    // All at once, by the first of the tests.
    results ??= tryAll(type, rows)
    const result = (await results).get(what)
    expect(result?.record).toMatchObject({ outcome: expected.outcome })
    expect(result?.record.reason).toMatch(expected.reason)
    expect(result?.requests).toBe(expected.requests ?? 1)
    const dueAt = result?.record.dueAt
    expect(dueAt === undefined ? undefined : dueAt - START).toBe(expected.dueInMs)
    expect(result?.claim).toBe(expectedClaim(type, expected))
  })
})

it('knows no type that the registry does not', () => {
  expect(Object.keys(OWN).filter((type) => !providerTypes.has(type))).toEqual([])
})

/** Of a type that says what its destination shows, that is remembered; only the order of others. */
function expectedClaim(type: ProviderType, { claim }: Expected): Claim | undefined {
  if (!type.subject) return undefined
  return claim === 'settled' && type.family !== 'commit-status' ? 'released' : claim
}

interface Result {
  readonly record: ShownRecord
  readonly requests: number
  readonly claim: Claim | undefined
}

/** One event to a Provider for each row, which has a host of its own. */
async function tryAll(
  type: ProviderType,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Result>> {
  const harness = createHarness()
  const { spec, secret } = plainProvider(type)
  harness.secrets.set(`${CLUSTER}/flux-system/p`, secret)
  const hosts = rows.map((_, index) => `row-${index}.test`)
  await harness.configure(
    ...hosts.flatMap((host, index) => {
      const address = spec.address.replace('service.test', host)
      const own = provider(`p${index}`, { ...spec, address, secretRef: { name: 'p' } })
      // Without the UID that all would share.
      const { uid: _, ...metadata } = own.metadata
      return [{ ...own, metadata }, alert(`a${index}`, `p${index}`)]
    }),
  )
  // A type whose host is fixed has what stands for it in the path.
  const rowOf = (url: string) => hosts.findIndex((host) => url.includes(host))
  harness.answerWith(({ url }) => rows[rowOf(url)]?.[1] ?? tokenAnswer(url) ?? answer(599))
  await harness.send('kustomization-health-check-failed')
  await harness.drain()
  const results = (await harness.records()).map(async (record) => {
    const index = Number(record.alert?.name.slice(1))
    const requests = harness.requests.filter(({ url }) => rowOf(url) === index).length
    const claim = await claimOf(harness, record.subjectStateKey)
    return [rows[index]?.[0] ?? '', { record, requests, claim }] as const
  })
  return new Map(await Promise.all(results))
}

function tokenAnswer(url: string): HttpResponse | TransportFailure | undefined {
  if (url !== 'https://oauth2.googleapis.com/token') return undefined
  return answer(200, {}, '{"access_token":"fetched","expires_in":3600}')
}

interface SubjectState {
  readonly claim?: { readonly until: number }
  readonly settled?: unknown
}

async function claimOf(harness: Harness, stateKey: string | undefined): Promise<Claim | undefined> {
  if (stateKey === undefined) return undefined
  const state = (await harness.ports.state.read(stateKey))?.value as SubjectState | undefined
  if (state?.claim) return 'kept'
  return state?.settled ? 'settled' : 'released'
}
