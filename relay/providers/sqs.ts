import { isFifo } from '../model/aws-destination.ts'
import { classifyAwsAnswer } from './aws/answer.ts'
import { authorizeAtAws } from './aws/authorize.ts'
import { attributesOf, eventText, fifoFields, messageBytes } from './aws/event-message.ts'
import { type AwsSettings, awsSettings } from './aws/settings.ts'
import { httpProvider } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { cutToFit } from './messages/size-limit.ts'

/**
 * The most bytes of a message with its attributes:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const MAX_MESSAGE_BYTES = 1_048_576

/**
 * A queue of Amazon SQS, with an access key, or with the relay's own role:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const sqs = httpProvider<AwsSettings>({
  type: 'sqs',
  family: 'stream',
  settings: awsSettings('sqs'),
  fit: (notification) =>
    cutToFit(
      notification,
      (candidate) =>
        messageBytes(eventText(candidate), attributesOf(candidate)) <= MAX_MESSAGE_BYTES,
    ),
  requests(notification, { destination: queue }) {
    const { endpoint, account, resource } = queue
    const body = {
      QueueUrl: `${endpoint}${account}/${resource}`,
      MessageBody: eventText(notification),
      MessageAttributes: Object.fromEntries(
        attributesOf(notification).map(([name, value]) => [
          name,
          { DataType: 'String', StringValue: value },
        ]),
      ),
      ...(isFifo(queue) && fifoFields(notification)),
    }
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
    }
    return [postJson(endpoint, body, headers)]
  },
  authorize: authorizeAtAws,
  classify: classifyAwsAnswer,
})
