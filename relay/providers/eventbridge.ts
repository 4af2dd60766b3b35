import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { parseJsonAnswer } from './answers/json-answer.ts'
import { awsErrorText, classifyAwsAnswer, judgeAwsCode } from './aws/answer.ts'
import { authorizeAtAws } from './aws/authorize.ts'
import { type AwsSettings, awsSettings } from './aws/settings.ts'
import { httpProvider, type Notification } from './contract.ts'
import { eventJson } from './messages/event-json.ts'
import { postJson } from './messages/json-request.ts'
import { unixSeconds } from './messages/names.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import type { Verdict } from './verdict.ts'

/**
 * The most bytes of an entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
 */
const MAX_ENTRY_BYTES = 262_144

/** What rules select by: `{"source": ["flux-relay"], "detail-type": ["Flux Event"]}`. */
const SOURCE = 'flux-relay'
const DETAIL_TYPE = 'Flux Event'

/** What the time of an entry counts for. */
const TIME_BYTES = 14

const MAX_DETAIL_BYTES = MAX_ENTRY_BYTES - SOURCE.length - DETAIL_TYPE.length - TIME_BYTES

/**
 * An event bus of Amazon EventBridge, with an access key, or with the relay's own role:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export const eventBridge = httpProvider<AwsSettings>({
  type: 'eventbridge',
  family: 'stream',
  settings: awsSettings('events'),
  fit: (notification) =>
    cutToFit(notification, (candidate) => jsonBytes(detailOf(candidate)) <= MAX_DETAIL_BYTES),
  requests(notification, { destination: bus }) {
    const entry = {
      Time: unixSeconds(notification.event),
      Source: SOURCE,
      DetailType: DETAIL_TYPE,
      Detail: JSON.stringify(detailOf(notification)),
      EventBusName: bus.arn,
    }
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
    }
    return [postJson(bus.endpoint, { Entries: [entry] }, headers)]
  },
  authorize: authorizeAtAws,
  classify,
})

/** The event, with what an event of Flux does not say: whose it is, and which repeats are the same. */
function detailOf({ cluster, deliveryId, event }: Notification) {
  return { cluster, deliveryId, ...eventJson(event) }
}

const Answer = z.object({
  FailedEntryCount: z.number(),
  Entries: z.array(
    z.object({ ErrorCode: z.string().optional(), ErrorMessage: z.string().optional() }),
  ),
})

/** Judges an answer: with the status 200 too, an entry may have failed. */
function classify(response: HttpResponse): Verdict {
  const verdict = classifyAwsAnswer(response)
  if (verdict.kind !== 'delivered') return verdict
  const answer = parseJsonAnswer(Answer, response.body)
  if (answer === undefined || answer.FailedEntryCount === 0) return verdict
  const { ErrorCode: code = 'UnknownError', ErrorMessage: message = '' } = answer.Entries[0] ?? {}
  const reason = `HTTP ${response.status}, but the entry failed: ${awsErrorText({ code, message })}`
  return { ...(judgeAwsCode(code) ?? { kind: 'rejected' }), reason }
}
