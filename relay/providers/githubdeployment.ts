import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports/http.ts'
import { classifyGithub, GITHUB_HEADERS } from './answers/github-answer.ts'
import { fitDescription } from './forges/commit-status.ts'
import { deploymentType, MAX_DESCRIPTION_LENGTH } from './forges/deployment.ts'
import {
  DEPLOYMENT_NOT_FOUND,
  type Deployment,
  type DeploymentState,
} from './forges/deployment-forge.ts'
import { EMOJI_NOTE, refusesEmoji, withoutEmoji } from './forges/github-description.ts'
import {
  authorizeGithub,
  type GithubRepository,
  githubFields,
  githubRepository,
} from './forges/github-repository.ts'
import type { Verdict } from './verdict.ts'

/** What the payload of our deployments holds. GitHub gives it back, and shows it to nobody. */
const OURS = { creator: 'flux-relay' } as const

const STATES: Readonly<Record<DeploymentState, string>> = {
  'in-progress': 'in_progress',
  success: 'success',
  failure: 'failure',
}

const Listed = z
  .object({ id: z.number().int(), sha: z.string(), payload: z.unknown() })
  .transform(({ id, sha, payload }) => ({
    id,
    hash: sha.toLowerCase(),
    isOurs: Object(payload).creator === OURS.creator,
  }))

/**
 * GitHub and GitHub Enterprise Server: the deployment of a commit, with a personal access token or as
 * a GitHub App.
 * https://docs.github.com/en/rest/deployments/deployments,
 * https://docs.github.com/en/rest/deployments/statuses
 */
export const githubDeployment = deploymentType<GithubRepository>({
  type: 'githubdeployment',
  settings: z.object(githubFields()).transform(githubRepository),
  hasLink: true,
  isMadeWithState: false,
  list: z.array(Listed),
  url: ({ repositoryUrl }) => `${repositoryUrl}/deployments`,
  fit: ({ event }) => fitDescription(event, MAX_DESCRIPTION_LENGTH),
  async authorize(settings, tryPorts) {
    const result = await authorizeGithub(settings, tryPorts)
    if (result.kind !== 'authorized') return result
    return { ...result, headers: { ...GITHUB_HEADERS, ...result.headers } }
  },
  listUrl(url, { hash, environment }) {
    return `${url}?${new URLSearchParams({ sha: hash, environment, per_page: '30' })}`
  },
  creation(url, { hash, environment, object }) {
    const body = {
      ref: hash,
      environment,
      description: ellipsize(object, MAX_DESCRIPTION_LENGTH),
      payload: OURS,
      // Flux has deployed the commit already: nothing is merged into it, and no check is awaited.
      auto_merge: false,
      required_contexts: [],
    }
    return { method: 'POST', url, body }
  },
  update,
  otherUpdate(url, id, deployment, answer) {
    if (!refusesEmoji(answer)) return undefined
    const description = withoutEmoji(deployment.description)
    return { write: update(url, id, { ...deployment, description }), note: EMOJI_NOTE }
  },
  ending(url, id, { hash }) {
    const body = { state: 'inactive', description: `replaced by ${hash}` }
    return { method: 'POST', url: `${url}/${id}/statuses`, body }
  },
  classifyCreation(response) {
    const verdict = classify(response)
    // A mirror may not have the commit yet; GitHub answers that with a 422.
    const isAbsent = verdict.kind === 'rejected' && response.status === 422
    return isAbsent ? { kind: 'absent', reason: verdict.reason } : verdict
  },
  classify,
})

function update(url: string, id: number, { state, description, link }: Deployment) {
  const body = {
    state: STATES[state],
    description,
    ...(link !== undefined && { log_url: link }),
    auto_inactive: true,
  }
  return { method: 'POST', url: `${url}/${id}/statuses`, body } as const
}

function classify(response: HttpResponse): Verdict {
  return classifyGithub(response, DEPLOYMENT_NOT_FOUND)
}
