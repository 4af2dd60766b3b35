import { objectName } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import {
  type CustomDelivery,
  type CustomProvider,
  customProvider,
  type Notification,
  NotificationError,
  type TryPorts,
} from '../contract.ts'
import { isError } from '../messages/names.ts'
import { commitHash, namesNoCommit } from './commit-hash.ts'
import { commitRef } from './commit-ref.ts'
import { descriptionOf, statusSubject } from './commit-status.ts'
import type { Deployment, DeploymentForge, DeploymentState } from './deployment-forge.ts'
import { keepDeployment } from './deployment-upkeep.ts'

/** The longest name of an environment, in characters, at GitHub and GitLab. */
const MAX_ENVIRONMENT_LENGTH = 255

/** The longest description at GitHub. GitLab shows none. */
export const MAX_DESCRIPTION_LENGTH = 140

/**
 * Makes a type that shows at a forge which commit is in an environment. A commit has one deployment
 * there, which goes through in progress, success and failure. The subject is the environment, so
 * nothing older is shown after something newer, also when that is of another commit.
 */
export function deploymentType<S>(forge: DeploymentForge<S>): CustomProvider<S> {
  return customProvider<S>({
    type: forge.type,
    family: 'deployment',
    ...(forge.hasLink && { hasLink: true }),
    settings: forge.settings,
    followsRedirects: true,
    skipsMerged: (event) => namesNoCommit(event, forge.hashLengths),
    ...(forge.fit && { fit: forge.fit }),
    host: (settings) => new URL(forge.url(settings)).host,
    subject(notification, settings) {
      const { environment, hash, ...status } = deploymentOf(forge, notification)
      return statusSubject(forge.url(settings), [environment], status, hash)
    },
    deliver: (notification, settings, tryPorts) => deliver(forge, notification, settings, tryPorts),
  })
}

async function deliver<S>(
  forge: DeploymentForge<S>,
  notification: Notification,
  settings: S,
  tryPorts: TryPorts,
): Promise<CustomDelivery> {
  const url = forge.url(settings)
  const deployment = deploymentOf(forge, notification)
  const authorization = await forge.authorize(settings, tryPorts)
  if (authorization.kind !== 'authorized') return { verdict: authorization }
  const { headers, secrets } = authorization
  const memoryKey = hashParts('deployment', url, deployment.environment)
  const delivery = await keepDeployment({ forge, url, headers, tryPorts, memoryKey, deployment })
  if (delivery.verdict.kind === 'unauthorized') {
    for (const token of secrets) tryPorts.tokens.forget(token)
  }
  return { ...delivery, secrets }
}

function deploymentOf<S>(
  { hashLengths }: DeploymentForge<S>,
  notification: Notification,
): Deployment {
  const { event, commitStatusContext: environment, link } = notification
  if (environment.length > MAX_ENVIRONMENT_LENGTH) {
    throw new NotificationError(
      `the name of the environment has more than ${MAX_ENVIRONMENT_LENGTH} characters; give a shorter one by spec.commitStatusExpr`,
    )
  }
  const hash = commitHash(event, hashLengths)
  return {
    hash,
    ref: commitRef(event, hash),
    environment,
    state: stateOf(event),
    description: descriptionOf(notification, MAX_DESCRIPTION_LENGTH),
    link,
    object: objectName(event.involvedObject),
  }
}

function stateOf(event: Notification['event']): DeploymentState {
  if (isError(event)) return 'failure'
  return event.reason === 'Progressing' ? 'in-progress' : 'success'
}
