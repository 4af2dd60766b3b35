import type { ScheduledEvent } from 'aws-lambda'

/** What a rule with a schedule sends. https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html */
export function scheduledEvent(): ScheduledEvent {
  return {
    version: '0',
    id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: '2026-11-20T09:14:03Z',
    region: 'eu-central-1',
    resources: ['arn:aws:events:eu-central-1:000000000000:rule/silent-clusters'],
    detail: {},
  }
}
