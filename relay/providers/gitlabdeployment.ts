import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { classifyForgeAnswer } from './answers/forge-answer.ts'
import type { CommitRef } from './forges/commit-ref.ts'
import { deploymentType } from './forges/deployment.ts'
import {
  DEPLOYMENT_NOT_FOUND,
  type Deployment,
  type DeploymentState,
} from './forges/deployment-forge.ts'
import {
  type GitlabProject,
  gitlabFields,
  gitlabHeaders,
  gitlabProject,
} from './forges/gitlab-project.ts'
import { serviceMessage } from './messages/service-message.ts'
import type { Verdict } from './verdict.ts'

const STATUSES: Readonly<Record<DeploymentState, string>> = {
  'in-progress': 'running',
  success: 'success',
  failure: 'failed',
}

/** GitLab refuses to change the deployments that its own jobs made; others have no `deployable`. */
const Listed = z
  .object({ id: z.number().int(), sha: z.string(), deployable: z.unknown() })
  .transform(({ id, sha, deployable }) => ({
    id,
    hash: sha.toLowerCase(),
    isOurs: deployable === null || deployable === undefined,
  }))

/**
 * GitLab: the deployment of a commit, with an access token.
 * https://docs.gitlab.com/api/deployments/
 */
export const gitlabDeployment = deploymentType<GitlabProject>({
  type: 'gitlabdeployment',
  settings: z.object(gitlabFields()).transform(gitlabProject),
  hashLengths: [40, 64],
  isMadeWithState: true,
  list: z.array(Listed),
  url: ({ projectUrl }) => `${projectUrl}/deployments`,
  async authorize(settings) {
    return { kind: 'authorized', headers: gitlabHeaders(settings), secrets: [] }
  },
  listUrl(url, { environment }) {
    const query = { environment, order_by: 'id', sort: 'desc', per_page: '20' }
    return `${url}?${new URLSearchParams(query)}`
  },
  creation: (url, deployment) => creation(url, deployment, deployment.ref),
  // The branch of a preview is often gone before its last event; a hash names a commit as well.
  otherCreation(url, deployment, { status, body }) {
    const isRefGone = status === 400 && REF_GONE.test(serviceMessage(body) ?? '')
    return deployment.ref && isRefGone ? creation(url, deployment, undefined) : undefined
  },
  update(url, id, { state }) {
    if (state === 'in-progress') {
      return { unchanged: 'the deployment stays as it is: GitLab takes none back to running' }
    }
    return { method: 'PUT', url: `${url}/${id}`, body: { status: STATUSES[state] } }
  },
  ending: (url, id) => ({ method: 'PUT', url: `${url}/${id}`, body: { status: 'canceled' } }),
  classifyCreation(response) {
    const verdict = classify(response)
    const isAbsent =
      response.status === 400 && COMMIT_GONE.test(serviceMessage(response.body) ?? '')
    return verdict.kind === 'rejected' && isAbsent
      ? { kind: 'absent', reason: verdict.reason }
      : verdict
  },
  classify,
})

const REF_GONE = /branch or tag does not exist/i
const COMMIT_GONE = /(?:commit|branch or tag) does not exist/i

function creation(url: string, { hash, environment, state }: Deployment, ref?: CommitRef) {
  const { name, isTag } = ref ?? { name: hash, isTag: false }
  const body = { environment, sha: hash, ref: name, tag: isTag, status: STATUSES[state] }
  return { method: 'POST', url, body } as const
}

/** GitLab's message for a deployment that has the state already: each leads to every other. */
const SAME_STATE = /cannot transition/i

function classify(response: HttpResponse): Verdict {
  const verdict = classifyForgeAnswer(response, DEPLOYMENT_NOT_FOUND)
  const said = serviceMessage(response.body) ?? ''
  if (verdict.kind === 'rejected' && response.status === 400 && SAME_STATE.test(said)) {
    return { kind: 'delivered', reason: 'GitLab has this state already' }
  }
  return verdict
}
