import type { ZodType } from 'zod'
import type { Event } from '../../model/event.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { Authorization, Notification, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import type { HashLength } from './commit-hash.ts'
import type { CommitRef } from './commit-ref.ts'

/** How a commit fares in its environment. */
export type DeploymentState = 'in-progress' | 'success' | 'failure'

/** A commit that is applied to an environment, as one event tells it. */
export interface Deployment {
  readonly hash: string
  /** The branch or tag of the commit, if the event names one. */
  readonly ref: CommitRef | undefined
  readonly environment: string
  readonly state: DeploymentState
  /** The text of the rule `text`, or the reason of the event as a phrase such as `health check failed`. */
  readonly description: string
  /** The page that the deployment leads to, if one is known. */
  readonly link: string | undefined
  /** The object that the commit is applied by, such as `Kustomization/flux-system/apps`. */
  readonly object: string
}

/** A deployment as a forge lists it. */
export interface ListedDeployment {
  readonly id: number
  readonly hash: string
  /** Whether it was made by a relay, so that a relay may change it. */
  readonly isOurs: boolean
}

/** A request that changes something; its body is sent as JSON. */
export interface DeploymentWrite {
  readonly method: 'POST' | 'PUT'
  readonly url: string
  readonly body: unknown
}

/** How to use a forge's API for deployments. `url` is that of the repository's deployments. */
export interface DeploymentForge<S> {
  /** The `type` of the Provider. */
  readonly type: string
  readonly settings: ZodType<S>
  readonly hashLengths?: readonly HashLength[]
  /** Whether the forge shows a link. */
  readonly hasLink?: boolean
  /** Whether a new deployment has its state at once. Otherwise an update follows. */
  readonly isMadeWithState: boolean
  /** Reads the list of `listUrl`, the newest deployment first. */
  readonly list: ZodType<readonly ListedDeployment[]>
  url(settings: S): string
  /** The notification's event, shortened to what the forge accepts. */
  fit?(notification: Notification): Event
  /** Fetches all headers except the content type. */
  authorize(settings: S, tryPorts: TryPorts): Promise<Authorization>
  /** The URL of the environment's deployments, or of those of the commit there. */
  listUrl(url: string, deployment: Deployment): string
  creation(url: string, deployment: Deployment): DeploymentWrite
  /**
   * Another form of the creation, for a forge that refused the first with this answer; undefined when
   * there is none.
   */
  otherCreation?(
    url: string,
    deployment: Deployment,
    answer: HttpResponse,
  ): DeploymentWrite | undefined
  /** Sets the state of the deployment `id`, or tells why the forge cannot show it. */
  update(
    url: string,
    id: number,
    deployment: Deployment,
  ): DeploymentWrite | { readonly unchanged: string }
  /**
   * Another form of the update, for a forge that refused the first with this answer, and what the ledger tells of it;
   * undefined when there is none.
   */
  otherUpdate?(
    url: string,
    id: number,
    deployment: Deployment,
    answer: HttpResponse,
  ): { readonly write: DeploymentWrite; readonly note: string } | undefined
  /** Ends the deployment `id`, which another commit replaced before it was done. */
  ending(url: string, id: number, by: Deployment): DeploymentWrite
  classifyCreation(response: HttpResponse): Verdict
  classify(response: HttpResponse): Verdict
}

/** What a 404 can mean for a type with deployments. */
export const DEPLOYMENT_NOT_FOUND =
  'the repository is not found, or the token lacks the right to make deployments'
