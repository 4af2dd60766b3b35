import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../../relay/ports/http.ts'
import { classifyOtlpAnswer } from '../../../relay/providers/answers/otlp-answer.ts'
import { classifyServiceAnswer } from '../../../relay/providers/answers/service-answer.ts'
import { isHttpProvider } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import type { Verdict } from '../../../relay/providers/verdict.ts'
import { response } from '../../support/notifications.ts'

/** Successes as the services document them, and those of servers that stand in for them. */
const OWN: Readonly<Record<string, readonly (readonly [status: number, body: string])[]>> = {
  alertmanager: [
    [200, ''],
    [200, '{"status":"success"}'],
  ],
  azuredevops: [[201, '{"id":1,"state":"succeeded"}']],
  azureeventhub: [[201, '']],
  bitbucket: [[201, '{"key":"a1","state":"SUCCESSFUL"}']],
  bitbucketserver: [[204, '']],
  datadog: [
    [202, '{"status":"ok","event":{"id":1}}'],
    [202, ''],
  ],
  discord: [
    [200, 'ok'],
    [204, ''],
  ],
  eventbridge: [[200, '{"FailedEntryCount":0,"Entries":[{"EventId":"11710aed"}]}']],
  generic: [
    [204, ''],
    [200, 'ok'],
    [200, '<p><b>Success!</b></p>'],
    [200, '<ul class="logs"><li>sent</li></ul>'],
    [200, '<?xml version="1.0"?><Response/>'],
  ],
  'generic-hmac': [
    [202, ''],
    [200, '<p>taken'],
  ],
  gitea: [[201, '{"id":1,"status":"success"}']],
  github: [[201, '{"id":1,"state":"success"}']],
  githubdispatch: [[204, '']],
  gitlab: [[201, '{"id":93,"status":"success"}']],
  googlechat: [[200, '{"name":"spaces/AAAA/messages/BBBB"}']],
  googlepubsub: [[200, '{\n  "messageIds": ["19916711285"]\n}\n']],
  grafana: [[200, '{"message":"Annotation added","id":1}']],
  'incident.io': [[202, '{"deduplication_key":"a","message":"Event accepted","status":"success"}']],
  lark: [
    [200, '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'],
    [200, 'ok'],
  ],
  matrix: [[200, '{"event_id":"$YUwRidLecu"}']],
  msteams: [
    [200, '1'],
    [202, ''],
  ],
  opsgenie: [[202, '{"result":"Request will be processed","took":0.3,"requestId":"43a29c5c"}']],
  otel: [
    [200, ''],
    [200, '{"partialSuccess":{}}'],
    // A partial success of 60 bytes, whose length is the sign <.
    [200, `\n<\x12:${'a'.repeat(58)}`],
  ],
  pagerduty: [[202, '{"status":"success","message":"Event processed","dedup_key":"a"}']],
  rocket: [
    [200, '{"success":true}'],
    [200, '{"text":"of a script","success":true}'],
  ],
  sentry: [
    [200, '{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}'],
    [200, ''],
  ],
  slack: [
    [200, 'ok'],
    [200, '{"ok":true,"channel":"C1","ts":"1503435956.000247"}'],
    [200, '{"success":true}'],
    [204, ''],
  ],
  sns: [
    [
      200,
      '<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd</MessageId></PublishResult></PublishResponse>',
    ],
  ],
  sqs: [[200, '{"MD5OfMessageBody":"fafb00f5","MessageId":"219f8380"}']],
  telegram: [[200, '{"ok":true,"result":{"message_id":7}}']],
  webex: [
    [200, '{"id":"Y2lzY29zcGFyazov","roomId":"r"}'],
    [204, ''],
  ],
  zoom: [
    [200, ''],
    [200, '{"status":"success"}'],
  ],
  zulip: [[200, '{"id":42,"msg":"","result":"success"}']],
}

const PAGE = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>'
const HTML = { 'content-type': 'text/html; charset=utf-8' }

/** Pages that no type takes for a success of its service. */
const PAGES: readonly (readonly [what: string, answer: HttpResponse])[] = [
  ['a page', response(200, PAGE, HTML)],
  ['a page without its type', response(200, `\r\n\ufeff${PAGE}`)],
  ['a page of XHTML', response(200, `<?xml version="1.0"?>\n<HTML lang="en">${PAGE}`)],
  ['a page that was cut', { ...response(200, PAGE.slice(0, 30), HTML), truncated: true }],
  ['a page of which nothing came', { ...response(200, '', HTML), truncated: true }],
  ['a compressed page', response(200, '\u001f\ufffd\b\0', { ...HTML, 'content-encoding': 'gzip' })],
  ['a page with another success', response(202, PAGE, HTML)],
]

/** Markup that is no whole page, as SNS answers. */
const MARKUP: readonly (readonly [what: string, answer: HttpResponse])[] = [
  ['a part of a page', response(200, '<script>location="/login"</script>')],
  ['a page after a comment', response(200, `<!-- ok -->${PAGE}`)],
  ['XML', response(200, '<?xml version="1.0"?><a/>')],
  ['a page in UTF-16', response(200, `\ufffd\ufffd<\0h\0t\0m\0l\0>\0`)],
]

/** What servers answer that stand in for a service. */
const PLAIN = [response(200, ''), response(200, 'OK'), response(204, ''), response(200, '{}')]

/** Endpoints of one's own, which may be pages. */
const OWN_ENDPOINTS: ReadonlySet<string> = new Set(['generic', 'generic-hmac'])

/** The types of `providerTypes` that judge HTTP answers by one function. */
const JUDGES = new Map<string, (answer: HttpResponse) => Verdict>([
  ...[...providerTypes.values()]
    .filter(isHttpProvider)
    .map((type) => [type.type, type.classify ?? classifyServiceAnswer] as const),
  ['otel', classifyOtlpAnswer],
])

function judge(type: string, answer: HttpResponse): Verdict {
  return JUDGES.get(type)?.(answer) ?? expect.fail(`no type ${type}`)
}

it('knows an answer of each type', () => {
  expect(Object.keys(OWN).sort()).toEqual([...JUDGES.keys()].sort())
})

describe.each(Object.entries(OWN))('%s', (type, own) => {
  it.each(own)('takes its own %i %s', (status, body) => {
    expect(judge(type, response(status, body)).kind).toBe('delivered')
    expect(judge(type, response(status, body, HTML)).kind).toBe(
      type === 'azuredevops' ? 'unauthorized' : 'delivered',
    )
  })

  it('takes its own answer of which nothing can be read', () => {
    const [[status] = [200]] = own
    const answer = response(status, '\ufffd\u0003', { 'content-encoding': 'br' })
    const cut = { ...response(status, ''), truncated: true }
    const verdicts = [judge(type, answer).kind, judge(type, cut).kind]
    const kind = type === 'azuredevops' ? 'unauthorized' : 'delivered'
    expect(verdicts).toEqual([kind, kind])
  })

  it('takes its own answer of a server that names a charset as its coding', () => {
    const [[status, body] = [200, '']] = own
    if (type === 'azuredevops') return
    const answer = response(status, body, { ...HTML, 'content-encoding': 'utf-8' })
    expect(judge(type, answer).kind).toBe('delivered')
  })

  it('takes its own answer that was cut', () => {
    const [[status, body] = [200, '']] = own
    const half = body.slice(0, body.length / 2)
    expect(judge(type, { ...response(status, half), truncated: true }).kind).toBe('delivered')
  })

  // Azure DevOps answers a wrong token with a success.
  it.skipIf(type === 'azuredevops')('takes any answer that is no page', () => {
    const kinds = PLAIN.map((answer) => judge(type, answer).kind)
    expect(kinds).toEqual(PLAIN.map(() => 'delivered'))
  })

  it.each(PAGES)('does not take %s', (_, answer) => {
    if (OWN_ENDPOINTS.has(type)) {
      expect(judge(type, answer).kind).toBe('delivered')
      return
    }
    if (type === 'azuredevops') {
      expect(judge(type, answer).kind).toBe('unauthorized')
      return
    }
    expect(judge(type, answer)).toEqual({
      kind: 'retry',
      reason: `HTTP ${answer.status}: the answer is a page, and not one of the service's API`,
      applied: 'unknown',
    })
  })

  it.each(MARKUP)('takes %s only if the service may answer so', (_, answer) => {
    const kind = type === 'azuredevops' ? 'unauthorized' : 'retry'
    const isAny = OWN_ENDPOINTS.has(type) || type === 'sns'
    expect(judge(type, answer).kind).toBe(isAny ? 'delivered' : kind)
  })
})
