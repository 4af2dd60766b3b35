import { z } from 'zod'
import type { HttpResponse } from '../ports.ts'
import { classifyStatus } from './classify.ts'
import { httpProvider, type Verdict } from './contract.ts'
import { authorization, postJson } from './formats/json-request.ts'
import { objectLabel } from './formats/names.ts'
import { quotable } from './formats/service-message.ts'
import { slackMessage } from './formats/slack-message.ts'
import { optionalText, optionalToken, webhookAddress } from './settings.ts'

/** Errors of the Web API that a later try can get past; every other one stays. */
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
])

/** Errors that a new token may mend. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
  'account_inactive',
])

/** Slack: an incoming webhook, or `chat.postMessage` of the Web API with a bot token. */
export const slack = httpProvider({
  type: 'slack',
  family: 'chat',
  settings: z.object({
    address: webhookAddress(),
    channel: optionalText(),
    username: optionalText(),
    token: optionalToken(),
  }),
  requests({ event }, settings) {
    const [firstLine] = event.message.split('\n', 1)
    const message = slackMessage(event, {
      channel: settings.channel,
      username: settings.username || event.reportingController,
      fallback: `${objectLabel(event)}: ${firstLine}`,
      goodColor: 'good',
      dangerColor: 'danger',
    })
    return [postJson(settings.address, message, authorization('Bearer', settings.token))]
  },
  classify: classifySlack,
})

/** The Web API answers 200 with `ok: false`: https://docs.slack.dev/apis/web-api/#responses */
function classifySlack(response: HttpResponse): Verdict {
  const verdict = classifyStatus(response)
  if (verdict.kind !== 'delivered') return verdict
  const error = webApiError(response.body)
  if (error === undefined) return verdict
  const reason = `Slack answered ${quotable(error)}`
  if (RETRYABLE_ERRORS.has(error)) return { kind: 'retry', reason, applied: 'no' }
  return { kind: TOKEN_ERRORS.has(error) ? 'unauthorized' : 'rejected', reason }
}

const WebApiAnswer = z.object({ ok: z.literal(false), error: z.string().catch('ok: false') })

function webApiError(body: string): string | undefined {
  if (!body.trimStart().startsWith('{')) return undefined
  try {
    return WebApiAnswer.safeParse(JSON.parse(body)).data?.error
  } catch {
    return undefined
  }
}
