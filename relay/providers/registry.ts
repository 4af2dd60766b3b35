import { alertmanager } from './alertmanager.ts'
import { azureDevOps } from './azuredevops.ts'
import { azureEventHub } from './azureeventhub.ts'
import { bitbucket } from './bitbucket.ts'
import { bitbucketServer } from './bitbucketserver.ts'
import type { ProviderType } from './contract.ts'
import { datadog } from './datadog.ts'
import { discord } from './discord.ts'
import { email } from './email.ts'
import { eventBridge } from './eventbridge.ts'
import { generic } from './generic.ts'
import { genericHmac } from './generic-hmac.ts'
import { gitea } from './gitea.ts'
import { giteaPullRequestComment } from './giteapullrequestcomment.ts'
import { github } from './github.ts'
import { githubDeployment } from './githubdeployment.ts'
import { githubDispatch } from './githubdispatch.ts'
import { githubPullRequestComment } from './githubpullrequestcomment.ts'
import { gitlab } from './gitlab.ts'
import { gitlabDeployment } from './gitlabdeployment.ts'
import { gitlabMergeRequestComment } from './gitlabmergerequestcomment.ts'
import { googleChat } from './googlechat.ts'
import { googlePubSub } from './googlepubsub.ts'
import { grafana } from './grafana.ts'
import { incidentIo } from './incident.io.ts'
import { lark } from './lark.ts'
import { matrix } from './matrix.ts'
import { annotationNames } from './messages/annotations.ts'
import { msteams } from './msteams.ts'
import { nats } from './nats.ts'
import { opsgenie } from './opsgenie.ts'
import { otel } from './otel.ts'
import { pagerDuty } from './pagerduty.ts'
import { rocket } from './rocket.ts'
import { sentry } from './sentry.ts'
import { slack } from './slack.ts'
import { sns } from './sns.ts'
import { sqs } from './sqs.ts'
import { telegram } from './telegram.ts'
import { webex } from './webex.ts'
import { zoom } from './zoom.ts'
import { zulip } from './zulip.ts'

/** Every type that `Provider.spec.type` can name. */
export const providerTypes: ReadonlyMap<string, ProviderType> = new Map(
  (
    [
      alertmanager,
      azureDevOps,
      azureEventHub,
      bitbucket,
      bitbucketServer,
      datadog,
      discord,
      email,
      eventBridge,
      generic,
      genericHmac,
      gitea,
      giteaPullRequestComment,
      github,
      githubDeployment,
      githubDispatch,
      githubPullRequestComment,
      gitlab,
      gitlabDeployment,
      gitlabMergeRequestComment,
      googleChat,
      googlePubSub,
      grafana,
      incidentIo,
      lark,
      matrix,
      msteams,
      nats,
      opsgenie,
      otel,
      pagerDuty,
      rocket,
      sentry,
      slack,
      sns,
      sqs,
      telegram,
      webex,
      zoom,
      zulip,
    ] as readonly ProviderType[]
  ).map((type) => [type.type, type]),
)

/** The relay's annotations that some type reads from its Provider, without their prefix. */
export const settingAnnotations: ReadonlySet<string> = new Set(
  [...providerTypes.values()].flatMap(({ settings }) => [...annotationNames(settings)]),
)
