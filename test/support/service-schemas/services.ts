import { chatServices } from './chat.ts'
import { forgeServices } from './forge.ts'
import { incidentServices } from './incident.ts'
import { sentryServices } from './sentry.ts'
import type { Service } from './service.ts'
import { slackServices } from './slack.ts'
import { streamServices } from './stream.ts'
import { teamsServices } from './teams.ts'
import { telegramServices } from './telegram.ts'

/** Every service whose requests are checked against its own documentation. */
export const SERVICES: readonly Service[] = [
  ...slackServices,
  ...teamsServices,
  ...telegramServices,
  ...chatServices,
  ...incidentServices,
  ...sentryServices,
  ...streamServices,
  ...forgeServices,
]

/** HTTP types that no service's schema is for, and why. */
export const WITHOUT_SERVICE: Readonly<Record<string, string>> = {
  generic: 'its body is the event as Flux writes it; the receiver is anybody',
  'generic-hmac': 'its body is the event as Flux writes it; the receiver is anybody',
  azureeventhub: 'its body is bytes to the service; test/relay/providers/azureeventhub.test.ts',
  eventbridge: 'its detail is anything; test/relay/providers/eventbridge.test.ts',
  sns: 'test/contract/aws-streams.test.ts sends to an emulator',
  sqs: 'test/contract/aws-streams.test.ts sends to an emulator',
  googlepubsub: 'its body is bytes to the service; test/relay/providers/googlepubsub.test.ts',
}
