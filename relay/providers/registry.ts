import { azureDevOps } from './azuredevops.ts'
import { bitbucket } from './bitbucket.ts'
import type { ProviderType } from './contract.ts'
import { discord } from './discord.ts'
import { generic } from './generic.ts'
import { genericHmac } from './generic-hmac.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { googleChat } from './googlechat.ts'
import { msteams } from './msteams.ts'
import { rocket } from './rocket.ts'
import { sentry } from './sentry.ts'
import { slack } from './slack.ts'
import { webex } from './webex.ts'

/** Every type that `Provider.spec.type` can name. */
export const providerTypes: ReadonlyMap<string, ProviderType> = new Map(
  (
    [
      azureDevOps,
      bitbucket,
      discord,
      generic,
      genericHmac,
      github,
      gitlab,
      googleChat,
      msteams,
      rocket,
      sentry,
      slack,
      webex,
    ] as readonly ProviderType[]
  ).map((type) => [type.type, type]),
)
