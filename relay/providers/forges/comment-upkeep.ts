import { type ZodType, z } from 'zod'
import type { OutboundRequest } from '../../ports/http.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import type { CustomDelivery } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import type { Comment, CommentUrls, SelfRequest } from './comment-forge.ts'
import { ask, type Exchange, exchange, isGone, unreadable } from './exchange.ts'

/** A comment to create, or to edit when it exists. */
export interface CommentJob extends Exchange {
  readonly forge: {
    readonly editMethod: 'PATCH' | 'PUT'
    readonly comment: ZodType<Comment>
  }
  readonly urls: CommentUrls
  readonly headers: Readonly<Record<string, string>>
  readonly self: () => Promise<SelfRequest>
  /** The key under which the comment's id is remembered. */
  readonly memoryKey: string
  /** The part of the body that identifies the comment. */
  readonly marker: string
  readonly body: string
}

/**
 * The most bytes of a list, and of a comment that was made. A hundred long comments have more; then none is found,
 * and a new one is created.
 */
const MAX_LIST_BYTES = 4 * 1_024 * 1_024

/**
 * Edits the comment that is remembered, or else the one with the marker, or else creates one.
 * Rejects when the memory fails; the next try then finds by its marker what this one created.
 */
export async function keepComment(job: CommentJob): Promise<CustomDelivery> {
  const remembered = await job.tryPorts.memory.read(job.memoryKey)
  const first = remembered === undefined ? undefined : await edit(job, remembered)
  if (first && !isLost(first)) return first

  const search = await findOwn(job)
  if (search.kind === 'failed') return search.delivery
  if (search.id !== undefined) {
    const edited = first && search.id === remembered ? first : await edit(job, search.id)
    if (edited.verdict.kind === 'delivered') await remember(job, search.id)
    if (!isGone(edited)) return edited
  }
  return create(job, search.isPartial)
}

/** Whether the comment is gone, or belongs to a user whose credential the Provider had before. */
function isLost(delivery: CustomDelivery): boolean {
  const isForbidden = delivery.verdict.kind === 'unauthorized' && delivery.response?.status === 403
  return isForbidden || isGone(delivery)
}

type Search =
  | { readonly kind: 'searched'; readonly id?: string | undefined; readonly isPartial: boolean }
  | { readonly kind: 'failed'; readonly delivery: CustomDelivery }

/** Looks for the marker in our own comments. Others may have quoted it. */
async function findOwn(job: CommentJob): Promise<Search> {
  const { url, headers, author, secrets } = await job.self()
  const self = await ask(job, { method: 'GET', url, headers, body: '' })
  if (self.verdict.kind !== 'delivered') return { kind: 'failed', delivery: { ...self, secrets } }
  const own = parseJsonAnswer(author, self.response?.body ?? '')
  if (own === undefined) {
    return { kind: 'failed', delivery: unreadable(self, 'the user of the token') }
  }

  const listed = await ask(job, {
    method: 'GET',
    url: job.urls.firstHundred,
    headers: job.headers,
    body: '',
    maxResponseBytes: MAX_LIST_BYTES,
  })
  if (listed.verdict.kind !== 'delivered') {
    const verdict = (await findAbsence(job, listed)) ?? listed.verdict
    return { kind: 'failed', delivery: { ...listed, verdict } }
  }
  const { body = '', truncated = false } = listed.response ?? {}
  if (truncated) return { kind: 'searched', isPartial: true }
  const comments = parseJsonAnswer(z.array(job.forge.comment), body)
  if (!comments) return { kind: 'failed', delivery: unreadable(listed, 'a list of comments') }
  const found = comments.find((c) => c.author === own && c.body.includes(job.marker))
  return { kind: 'searched', id: found?.id, isPartial: false }
}

/** The verdict for a server error that stands for a missing change request: no try can succeed. */
async function findAbsence(
  { urls: { changeRequest }, headers, tryPorts }: CommentJob,
  { verdict, response }: CustomDelivery,
): Promise<Verdict | undefined> {
  if (changeRequest === undefined || response?.status !== 500) return undefined
  const { url, absence } = changeRequest
  const asked = await tryPorts.send({ method: 'GET', url, headers, body: '' })
  if (asked.kind === 'failure' || asked.status !== 404) return undefined
  return { kind: 'rejected', reason: `${verdict.reason}: ${absence}` }
}

function edit(job: CommentJob, id: string): Promise<CustomDelivery> {
  return exchange(job, writing(job, job.forge.editMethod, job.urls.comment(id)))
}

async function create(job: CommentJob, isPartial: boolean): Promise<CustomDelivery> {
  // The comment comes back in the answer.
  const request = { ...writing(job, 'POST', job.urls.comments), maxResponseBytes: MAX_LIST_BYTES }
  const created = await exchange(job, request)
  if (created.verdict.kind !== 'delivered') return created
  const comment = parseJsonAnswer(job.forge.comment, created.response?.body ?? '')
  if (comment) await remember(job, comment.id)
  if (!isPartial) return created
  const reason = 'made a new comment: the earlier comments are too long to look for one to update'
  return { ...created, verdict: { kind: 'delivered', reason } }
}

function remember({ tryPorts, memoryKey }: CommentJob, id: string): Promise<void> {
  return tryPorts.memory.write(memoryKey, id)
}

function writing(
  { headers, body }: CommentJob,
  method: OutboundRequest['method'],
  url: string,
): OutboundRequest {
  return {
    method,
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ body }),
  }
}
