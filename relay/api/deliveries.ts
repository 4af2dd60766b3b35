import { fieldErrors, fieldErrorText } from '../model/errors.ts'
import { type DismissPorts, dismiss } from '../pipeline/dismiss.ts'
import { type ReplayPorts, requestReplay } from '../pipeline/replay.ts'
import { InvalidCursor } from '../ports/ledger.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { type RequestBody, readJsonObject } from './body.ts'
import { isMatch } from './delivery-match.ts'
import { BAD_CURSOR, pageCursor, readDeliveryQuery } from './delivery-query.ts'
import { deliveryView, listedView } from './delivery-view.ts'
import { type Problem, problem } from './problem.ts'
import { badParameters } from './query-parameters.ts'
import { DismissalRequest } from './schemas/deliveries.ts'

/**
 * Lists deliveries, the latest first: 200 `{deliveries, nextCursor?, reachedTime?}`, or 400 for an
 * unknown or wrong parameter. Rejects when the ledger fails.
 */
export async function listDeliveries(
  ports: Pick<Ports, 'ledger' | 'clock'>,
  parameters: Iterable<readonly [string, string]>,
): Promise<Answer> {
  const read = readDeliveryQuery(parameters, ports.clock.now())
  if ('problem' in read) return problemAnswer(read.problem)
  const { filter, match, limit, cursor, asOf } = read.query
  try {
    const page = await ports.ledger.list(filter, limit, cursor)
    const { nextCursor, reachedTime } = page
    return jsonAnswer(200, {
      deliveries: page.records.filter((record) => isMatch(record, match)).map(listedView),
      ...(nextCursor !== undefined && { nextCursor: pageCursor(nextCursor, asOf) }),
      ...(reachedTime !== undefined && { reachedTime: new Date(reachedTime).toISOString() }),
    })
  } catch (error) {
    if (error instanceof InvalidCursor) return problemAnswer(badParameters([BAD_CURSOR]))
    throw error
  }
}

/**
 * Shows one delivery as a list does: 200, or 404. If its record cannot be read, the answer is what
 * is known of it. Rejects when the ledger fails.
 */
export async function showDelivery(ports: Pick<Ports, 'ledger'>, id: string): Promise<Answer> {
  const found = await ports.ledger.show(id)
  return found ? jsonAnswer(200, listedView(found)) : notFound()
}

/**
 * Sends a delivery again: 202 with the delivery, 404, or 409 when it cannot be replayed. `by` names
 * who asks, if that is known. Rejects when a store fails.
 */
export async function replayDelivery(ports: ReplayPorts, id: string, by?: string): Promise<Answer> {
  const result = await requestReplay(ports, id, by)
  if (result.kind === 'queued') return jsonAnswer(202, deliveryView(result.record))
  return result.kind === 'not-found'
    ? notFound()
    : problemAnswer(problem('not-replayable', result.reason))
}

/** The most bytes of a request to dismiss a delivery, and the most values in it. */
export const DISMISSAL_LIMITS = { bytes: 8 * 1024, values: 100 }

/**
 * Puts a dead delivery away: 200 with the delivery, 400 for a body that is not valid, 404, or 409 when it is
 * not dead. It needs no body. `by` names who asks, if that is known. Rejects when the ledger fails.
 */
export async function dismissDelivery(
  ports: DismissPorts,
  id: string,
  request: RequestBody,
  by?: string,
): Promise<Answer> {
  const read = readDismissal(request)
  if ('problem' in read) return problemAnswer(read.problem)
  const { comment } = read.dismissal
  const told = { ...(by !== undefined && { by }), ...(comment !== undefined && { comment }) }
  const result = await dismiss(ports, id, told)
  if (result.kind === 'dismissed') return jsonAnswer(200, deliveryView(result.record))
  return result.kind === 'not-found'
    ? notFound()
    : problemAnswer(problem('not-dismissible', result.reason))
}

function readDismissal(
  request: RequestBody,
): { readonly dismissal: DismissalRequest } | { readonly problem: Problem } {
  if (request.body.byteLength === 0) return { dismissal: {} }
  const read = readJsonObject(request, DISMISSAL_LIMITS)
  if ('problem' in read) return read
  const parsed = DismissalRequest.safeParse(read.object)
  if (parsed.success) return { dismissal: parsed.data }
  const errors = fieldErrors(parsed.error.issues)
  return { problem: problem('not-valid', errors.map(fieldErrorText).join('; '), { errors }) }
}

function notFound(): Answer {
  return problemAnswer(problem('unknown-delivery', 'there is no delivery of this id'))
}
