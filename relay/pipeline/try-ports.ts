import type { OutboundRequest, TransportFailure, TransportOptions } from '../ports/http.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccessTokens } from '../providers/auth/access-tokens.ts'
import type { TryPorts } from '../providers/contract.ts'
import { createDeliveryMemory } from './delivery-memory.ts'
import type { HostErrors } from './host-ports.ts'
import { sendFollowing } from './redirects.ts'
import type { AddressCredentials } from './resolve-provider.ts'

/** What the deliveries of a process share. */
export interface DeliverParts {
  readonly ports: Ports
  /** Tells errors of the ports from errors of a provider type. */
  readonly host: HostErrors
  readonly tokens: AccessTokens
}

/** The exchange of one try. */
export interface FollowingTryPorts extends TryPorts {
  /** The addresses that redirects led to, without query and user info. */
  readonly moves: readonly string[]
}

export interface TryPortsOptions {
  /** Whether the cloud bindings are read past the cache. */
  readonly fresh?: boolean
  readonly credentials?: AddressCredentials | undefined
  /** Whether redirects within one origin are followed. */
  readonly followsRedirects?: boolean | undefined
}

/**
 * Makes the ports of one try, which begins now. `transport.timeoutMs` bounds the whole try: each
 * request gets the time that the requests before it have left.
 */
export function createTryPorts(
  { ports, host, tokens }: DeliverParts,
  cluster: string,
  transport: TransportOptions,
  { credentials, followsRedirects, ...options }: TryPortsOptions = {},
): FollowingTryPorts {
  const { clock, http, nats, mail, identities } = ports
  const startedAt = clock.elapsed()
  const left = (): TransportOptions => ({
    ...transport,
    timeoutMs: transport.timeoutMs - (clock.elapsed() - startedAt),
  })
  const isOver = ({ timeoutMs }: TransportOptions) => timeoutMs <= 0
  const sendOnce: TryPorts['send'] = async (request) => {
    const given = left()
    if (isOver(given)) return outOfTime(transport)
    return explained(await http.send(withCredentials(request, credentials), given), transport)
  }
  const moves: string[] = []
  return {
    send: followsRedirects
      ? (request) => sendFollowing(request, sendOnce, (place) => moves.push(place))
      : sendOnce,
    async publish(message) {
      const given = left()
      if (isOver(given)) return outOfTime(transport)
      return explained(await nats.publish(message, given), transport)
    },
    async mail(message) {
      const given = left()
      if (isOver(given)) return outOfTime(transport)
      return explained(await mail.send(message, given), transport)
    },
    clock,
    tokens,
    // Of most types no try ever asks for it.
    get memory() {
      return host.watch(createDeliveryMemory(ports, cluster))
    },
    identities: {
      cluster,
      bindings: () => identities.bindings(cluster, options),
      token: (audience) => identities.token(audience),
      awsCredentials: () => identities.awsCredentials(),
    },
    hasOwnRoots: transport.tls?.ca !== undefined,
    moves,
  }
}

/**
 * Adds an `Authorization` header made from the user info of the URL, as HTTP clients do. A header
 * that the type or a Secret sets wins.
 */
export function withCredentials(
  request: OutboundRequest,
  credentials: AddressCredentials | undefined,
): OutboundRequest {
  if (credentials === undefined || URL.parse(request.url)?.origin !== credentials.origin) {
    return request
  }
  const isSet = Object.keys(request.headers).some((name) => /^authorization$/i.test(name))
  if (isSet) return request
  const headers = { ...request.headers, authorization: credentials.authorization }
  return { ...request, headers }
}

function outOfTime(transport: TransportOptions): TransportFailure {
  const detail = `the earlier requests took all ${transport.timeoutMs} ms of this try`
  const failure = { kind: 'failure', cause: 'timeout', mayHaveArrived: false, detail } as const
  return explained(failure, transport)
}

/** Adds to the detail of a timeout which bound it was, when that is not the Provider's own. */
function explained<T extends { readonly kind: string }>(
  result: T | TransportFailure,
  { boundBy }: TransportOptions,
): T | TransportFailure {
  if (boundBy === undefined || !isTimeout(result)) return result
  return { ...result, detail: `${result.detail}, ${boundBy}` }
}

function isTimeout(result: { readonly kind: string }): result is TransportFailure {
  return result.kind === 'failure' && 'cause' in result && result.cause === 'timeout'
}
