import { z } from 'zod'
import { jsonValue } from '../../model/json-value.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import type { CustomDelivery, TryPorts } from '../contract.ts'
import type { Deployment, DeploymentForge, DeploymentWrite } from './deployment-forge.ts'
import { ask, exchange, isGone, unreadable } from './exchange.ts'

/** A deployment to make, or to update when it exists. */
export interface DeploymentJob {
  readonly forge: Omit<DeploymentForge<unknown>, 'settings' | 'url' | 'authorize' | 'fit'>
  /** The URL of the repository's deployments. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tryPorts: TryPorts
  /** The key under which the environment's last deployment is remembered. */
  readonly memoryKey: string
  readonly deployment: Deployment
}

/** The last deployment of an environment, as it is remembered. */
const Remembered = z.object({
  id: z.number().int().positive(),
  hash: z.string(),
  isDone: z.boolean(),
  /** The deployment that is to be ended once this one has its first state. */
  replaced: z.number().int().positive().optional(),
})
type Remembered = Readonly<z.infer<typeof Remembered>>

/** A job, with what is remembered. */
interface Upkeep extends DeploymentJob {
  readonly last: Remembered | undefined
  /** The deployment that was in progress when the environment went on to this commit. */
  readonly replaced: number | undefined
}

const Made = z.object({ id: z.number().int().positive() })

/** The most bytes of a list. In a longer one nothing is found, and a deployment is made. */
const MAX_LIST_BYTES = 1_024 * 1_024

/**
 * Updates the environment's last deployment if it is of this commit, or else makes one. Before that it
 * looks for one that was made by a try whose answer was lost. One that is older than the last deployment
 * is of an earlier stay of the commit in the environment, and does not count: the environment came
 * back to the commit. Rejects when the memory fails.
 */
export async function keepDeployment(job: DeploymentJob): Promise<CustomDelivery> {
  const last = await recall(job)
  const isSameCommit = last?.hash === job.deployment.hash
  const replaced = isSameCommit ? last.replaced : last?.isDone === false ? last.id : undefined
  const kept = await keep({ ...job, last, replaced })
  if (replaced === undefined || kept.verdict.kind !== 'delivered') return kept
  return { ...kept, notes: [...(kept.notes ?? []), ...(await end(job, replaced))] }
}

async function keep(job: Upkeep): Promise<CustomDelivery> {
  const { last, deployment } = job
  if (last?.hash === deployment.hash) {
    const updated = await update(job, last.id)
    if (!isGone(updated)) return updated
  }
  const found = await find(job)
  if (found.kind === 'failed') return found.delivery
  const updated = found.id === undefined ? undefined : await update(job, found.id)
  return updated && !isGone(updated) ? updated : make(job)
}

async function recall({ tryPorts, memoryKey }: DeploymentJob): Promise<Remembered | undefined> {
  const text = await tryPorts.memory.read(memoryKey)
  return text === undefined ? undefined : Remembered.safeParse(jsonValue(text)).data
}

function remember(
  { tryPorts, memoryKey, deployment: { hash } }: DeploymentJob,
  rest: Omit<Remembered, 'hash'>,
): Promise<void> {
  const remembered: Remembered = { ...rest, hash }
  return tryPorts.memory.write(memoryKey, JSON.stringify(remembered))
}

type Search =
  | { readonly kind: 'searched'; readonly id: number | undefined }
  | { readonly kind: 'failed'; readonly delivery: CustomDelivery }

async function find(job: Upkeep): Promise<Search> {
  const { forge, headers, deployment, last } = job
  const listed = await ask(plain(job), {
    method: 'GET',
    url: forge.listUrl(job.url, deployment),
    headers,
    body: '',
    maxResponseBytes: MAX_LIST_BYTES,
  })
  if (listed.verdict.kind !== 'delivered') return { kind: 'failed', delivery: listed }
  const { body = '', truncated = false } = listed.response ?? {}
  if (truncated) return { kind: 'searched', id: undefined }
  const deployments = parseJsonAnswer(forge.list, body)
  if (!deployments) {
    return { kind: 'failed', delivery: unreadable(listed, 'a list of deployments') }
  }
  const found = deployments.find(
    ({ id, hash, isOurs }) => isOurs && hash === deployment.hash && id > (last?.id ?? 0),
  )
  return { kind: 'searched', id: found?.id }
}

async function make(job: Upkeep): Promise<CustomDelivery> {
  const { forge, url, deployment, replaced } = job
  const parts = { ...plain(job), classify: forge.classifyCreation }
  const first = await exchange(parts, sent(job, forge.creation(url, deployment)))
  const other =
    first.verdict.kind !== 'delivered' && first.response
      ? forge.otherCreation?.(url, deployment, first.response)
      : undefined
  const made = other ? await exchange(parts, sent(job, other)) : first
  if (made.verdict.kind !== 'delivered') return made
  const answer = parseJsonAnswer(Made, made.response?.body ?? '')
  if (!answer) return unreadable(made, 'the id of the deployment', 'unknown')
  const { id } = answer
  if (!forge.isMadeWithState) {
    // The next try must find it, whatever becomes of its state.
    await remember(job, { id, isDone: false, replaced })
    return update(job, id)
  }
  await remember(job, { id, isDone: isDone(deployment) })
  return made
}

async function update(job: Upkeep, id: number): Promise<CustomDelivery> {
  const { forge, url, deployment, last } = job
  const write = forge.update(url, id, deployment)
  if ('unchanged' in write) {
    // What it shows is as it was. Where that is unknown nothing is to end it later.
    if (last?.id !== id) await remember(job, { id, isDone: true })
    return { verdict: { kind: 'delivered', reason: write.unchanged } }
  }
  const first = await exchange(plain(job), sent(job, write))
  const other =
    first.verdict.kind !== 'delivered' && first.response
      ? forge.otherUpdate?.(url, id, deployment, first.response)
      : undefined
  const updated = other
    ? { ...(await exchange(plain(job), sent(job, other.write))), notes: [other.note] }
    : first
  if (updated.verdict.kind === 'delivered') {
    await remember(job, { id, isDone: isDone(deployment) })
  }
  return updated
}

/** Ends a deployment that will get no result any more. What cannot be ended is noted. */
async function end(job: DeploymentJob, id: number): Promise<readonly string[]> {
  const { forge, url, deployment } = job
  const ended = await exchange(plain(job), sent(job, forge.ending(url, id, deployment)))
  if (ended.verdict.kind === 'delivered' || isGone(ended)) return []
  return [`the earlier deployment ${id} is still shown in progress: ${ended.verdict.reason}`]
}

function isDone({ state }: Deployment): boolean {
  return state !== 'in-progress'
}

function plain({ forge, tryPorts }: DeploymentJob) {
  return { tryPorts, classify: forge.classify }
}

function sent({ headers }: DeploymentJob, { method, url, body }: DeploymentWrite) {
  return {
    method,
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}
