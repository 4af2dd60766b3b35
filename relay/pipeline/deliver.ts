import type { HttpResponse, OutboundRequest } from '../ports/http.ts'
import { classifyFailure, classifyStatus, HostAtLimit } from '../providers/answers/classify.ts'
import { classifyServiceAnswer } from '../providers/answers/service-answer.ts'
import {
  type Authorization,
  type Fallback,
  type HttpProvider,
  isHttpProvider,
  type Notification,
  NotificationError,
  type ProviderType,
  type TryPorts,
} from '../providers/contract.ts'
import type { NotificationMemory } from '../providers/notification-memory.ts'
import type { Busy, Threading } from '../providers/threads/threading.ts'
import type { Verdict } from '../providers/verdict.ts'
import type { Prepared } from './prepare.ts'
import { createTryPorts, type DeliverParts } from './try-ports.ts'

/** The result of one attempt. */
export interface Delivered {
  readonly verdict: Verdict | Busy
  /** How many of the delivery's requests are done, those of earlier attempts included. */
  readonly requestsDone: number
  /** The last answer, if there was one. */
  readonly response: HttpResponse | undefined
  /** The texts that must be masked in addition to those of the Provider's Secrets. */
  readonly secrets: readonly string[]
  /** What the ledger tells in addition to the verdict. */
  readonly notes: readonly string[]
}

/**
 * Sends the requests of a delivery that are not done yet, one after the other, and stops at the
 * first that fails. `fresh` reads the deployment's cloud bindings past the cache.
 */
export async function deliver(
  prepared: Prepared,
  requestsDone: number,
  parts: DeliverParts,
  options: { readonly fresh?: boolean } = {},
): Promise<Delivered> {
  const { type, notification, resolved } = prepared
  const { transport, credentials } = resolved
  const tryPorts = createTryPorts(parts, notification.cluster, transport, {
    ...options,
    credentials,
    followsRedirects: type.followsRedirects,
  })
  try {
    const delivered = await sendOnce(prepared, requestsDone, tryPorts)
    if (tryPorts.moves.length === 0) return delivered
    return { ...delivered, notes: [...delivered.notes, ...moveNotes(tryPorts.moves)] }
  } catch (error) {
    if (error instanceof HostAtLimit || parts.host.isOfHost(error)) throw error
    const verdict = { kind: 'rejected', reason: errorText(error, type) } as const
    return { verdict, requestsDone, response: undefined, secrets: [], notes: [] }
  }
}

/**
 * Names each new address once: a comment takes several requests, and a moved repository answers
 * each of them with a redirect.
 */
function moveNotes(moves: readonly string[]): readonly string[] {
  const places = [...new Set(moves)]
  return places.map(
    (place) => `the repository moved to ${place}: update the address of the Provider`,
  )
}

/**
 * The reason why a type could not deliver. A bug in a type must not bring a delivery back for ever.
 */
function errorText(error: unknown, { type }: ProviderType): string {
  if (error instanceof NotificationError) return error.message
  return `the type ${type} could not deliver this event, which is a bug: ${String(error)}`
}

function sendOnce(
  prepared: Prepared,
  requestsDone: number,
  tryPorts: TryPorts,
): Promise<Delivered> {
  const { type, notification } = prepared
  if (!isHttpProvider(type)) return deliverBy(type, prepared, tryPorts)
  const { deliver } = type.threading ?? {}
  if (notification.thread && deliver) return deliverBy({ deliver }, prepared, tryPorts)
  return type.memory === undefined
    ? sendAll(type, prepared, requestsDone, tryPorts)
    : sendRemembering(type, type.memory, prepared, requestsDone, tryPorts)
}

/** Has a type deliver with a protocol of its own. */
async function deliverBy(
  type: Required<Pick<Threading<unknown>, 'deliver'>>,
  { notification, resolved }: Prepared,
  tryPorts: TryPorts,
): Promise<Delivered> {
  const delivered = await type.deliver(notification, resolved.settings, tryPorts)
  const { verdict, response, secrets = [], notes = [] } = delivered
  return { verdict, requestsDone: 0, response, secrets, notes }
}

/** Sends the requests of a type with what it remembers. */
async function sendRemembering(
  type: HttpProvider,
  memory: NotificationMemory<unknown>,
  prepared: Prepared,
  requestsDone: number,
  tryPorts: TryPorts,
): Promise<Delivered> {
  const { settings } = prepared.resolved
  const key = memory.key(prepared.notification, settings)
  const remembered = await tryPorts.memory.read(key)
  const remember = async (text: string | undefined) => {
    if (text !== undefined && text !== remembered) await tryPorts.memory.write(key, text)
  }
  const notification =
    remembered === undefined ? prepared.notification : { ...prepared.notification, remembered }
  await remember(memory.before(notification, settings))
  const requests = type.requests(notification, settings)
  const delivered = await sendAll(
    type,
    { ...prepared, notification, requests },
    requestsDone,
    tryPorts,
  )
  if (delivered.verdict.kind === 'delivered') {
    await remember(memory.after(notification, settings))
  }
  return delivered
}

async function sendAll(
  type: HttpProvider,
  prepared: Prepared,
  requestsDone: number,
  tryPorts: TryPorts,
): Promise<Delivered> {
  const { notification, requests, resolved } = prepared
  const authorization: Authorization = type.authorize
    ? await type.authorize(resolved.settings, tryPorts)
    : OWN
  if (authorization.kind !== 'authorized') {
    const nothing = { response: undefined, secrets: [], notes: [] }
    return { verdict: authorization, requestsDone, ...nothing }
  }
  const { secrets } = authorization
  const first = await sendInTurn(type, requests, requestsDone, authorization, tryPorts)
  if (first.verdict.kind === 'delivered') return { ...first, secrets, notes: [] }
  const fallback = fallbackOf(type, first, requests, notification, resolved.settings)
  if (fallback === undefined) {
    return { ...first, ...(await findOut(type, first, prepared, tryPorts)), secrets, notes: [] }
  }
  const { requests: others, note } = fallback
  const second = await sendInTurn(type, others, first.requestsDone, authorization, tryPorts)
  const found = await findOut(type, second, prepared, tryPorts)
  return { ...second, ...found, secrets, notes: [note] }
}

/** Asks the type's `findOut` for a verdict that says more than the answer did. */
async function findOut(
  type: HttpProvider,
  { verdict, response: answer }: Sent,
  { notification, resolved: { settings } }: Prepared,
  tryPorts: TryPorts,
): Promise<Pick<Sent, 'verdict'>> {
  if (verdict.kind === 'delivered' || answer === undefined) return { verdict }
  const found = await type.findOut?.({ notification, settings, answer, verdict }, tryPorts)
  return { verdict: found ?? verdict }
}

/** The result of the requests of one form. */
interface Sent extends Pick<Delivered, 'requestsDone' | 'response'> {
  readonly verdict: Verdict
}

/** Sends the requests that are not done yet, one after the other, up to the first that fails. */
async function sendInTurn(
  type: HttpProvider,
  requests: readonly OutboundRequest[],
  requestsDone: number,
  { headers, secrets, sign = unsigned }: Authorized,
  tryPorts: TryPorts,
): Promise<Sent> {
  let done = requestsDone
  let response: HttpResponse | undefined
  let verdict: Verdict = { kind: 'delivered' }
  for (const request of requests.slice(requestsDone)) {
    const result = await tryPorts.send(sign(withHeaders(request, headers)))
    response = result.kind === 'response' ? result : undefined
    verdict = result.kind === 'response' ? judge(type, result) : classifyFailure(result)
    if (verdict.kind === 'unauthorized') for (const s of secrets) tryPorts.tokens.forget(s)
    if (verdict.kind !== 'delivered') break
    done += 1
  }
  return { verdict, requestsDone: done, response }
}

function withHeaders(request: OutboundRequest, headers: Authorized['headers']): OutboundRequest {
  return headers === NO_HEADERS
    ? request
    : { ...request, headers: { ...request.headers, ...headers } }
}

/**
 * The other form of a notification that the service refused; undefined when it would be the same
 * again.
 */
function fallbackOf(
  type: HttpProvider,
  { requestsDone, response }: Sent,
  requests: readonly OutboundRequest[],
  notification: Notification,
  settings: unknown,
): Fallback | undefined {
  if (response === undefined) return undefined
  const fallback = type.fallback?.(response, notification, settings)
  if (fallback === undefined) return undefined
  const text = (request: OutboundRequest | undefined) => JSON.stringify(request)
  const isSame = text(fallback.requests[requestsDone]) === text(requests[requestsDone])
  return isSame ? undefined : fallback
}

type Authorized = Extract<Authorization, { kind: 'authorized' }>

const NO_HEADERS: Authorized['headers'] = {}

/** The authorization of a type whose requests hold all that they need. */
const OWN: Authorized = { kind: 'authorized', headers: NO_HEADERS, secrets: [] }

function unsigned(request: OutboundRequest): OutboundRequest {
  return request
}

/**
 * The type's verdict on an answer. A bug in a type's `classify` must not bring a delivery back for
 * ever.
 */
function judge(type: HttpProvider, response: HttpResponse): Verdict {
  try {
    return type.classify?.(response) ?? classifyServiceAnswer(response)
  } catch {
    return classifyStatus(response)
  }
}
