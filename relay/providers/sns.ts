import { isFifo } from '../model/aws-destination.ts'
import { isNoDocument } from './answers/own-answer.ts'
import { classifyAwsAnswer } from './aws/answer.ts'
import { authorizeAtAws } from './aws/authorize.ts'
import { attributesOf, eventText, fifoFields, messageBytes } from './aws/event-message.ts'
import { type AwsSettings, awsSettings } from './aws/settings.ts'
import { httpProvider, type Notification } from './contract.ts'
import { titleOf } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'

/**
 * The most bytes of a message with its attributes:
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
const MAX_MESSAGE_BYTES = 262_144

/** The most characters of a subject, which are of ASCII. */
const MAX_SUBJECT_LENGTH = 99

/**
 * A topic of Amazon SNS, with an access key, or with the relay's own role:
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const sns = httpProvider<AwsSettings>({
  type: 'sns',
  family: 'stream',
  settings: awsSettings('sns'),
  hasTitle: true,
  fit: (notification) =>
    cutToFit(
      notification,
      (candidate) =>
        messageBytes(eventText(candidate), attributesOf(candidate)) <= MAX_MESSAGE_BYTES,
    ),
  requests(notification, { destination: topic }) {
    const form = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: topic.arn,
      Subject: subjectOf(notification),
      Message: eventText(notification),
      ...(isFifo(topic) && fifoFields(notification)),
    })
    for (const [index, [name, value]] of attributesOf(notification).entries()) {
      const entry = `MessageAttributes.entry.${index + 1}`
      form.set(`${entry}.Name`, name)
      form.set(`${entry}.Value.DataType`, 'String')
      form.set(`${entry}.Value.StringValue`, value)
    }
    return [
      {
        method: 'POST',
        url: topic.endpoint,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      },
    ]
  },
  authorize: authorizeAtAws,
  classify: (response) => classifyAwsAnswer(response, isNoDocument),
})

/** The subject that e-mail of the topic has: printable ASCII, which begins with no blank. */
function subjectOf(notification: Notification): string {
  const text = notification.title ?? `${titleOf(notification)}: ${notification.event.reason}`
  const plain = text.replace(/[^ -~]+/g, '?').trim()
  return plain.slice(0, MAX_SUBJECT_LENGTH) || 'flux-relay'
}
