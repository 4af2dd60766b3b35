import type { OutboundRequest, TransportFailure, TransportOptions } from '../ports/http.ts'
import type { MailMessage } from '../ports/mail.ts'
import type { NatsMessage } from '../ports/nats.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccessTokens } from '../providers/auth/access-tokens.ts'
import type { ClusterIdentities } from '../providers/auth/cluster-identities.ts'
import type { DeliveryMemory, TryPorts } from '../providers/contract.ts'
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
  parts: DeliverParts,
  cluster: string,
  transport: TransportOptions,
  options: TryPortsOptions = {},
): FollowingTryPorts {
  return new OneTry(parts, cluster, transport, options)
}

/** A class, since each delivery has one: what most types never ask for is made only for those that do. */
class OneTry implements FollowingTryPorts {
  readonly moves: string[] = []
  readonly clock: TryPorts['clock']
  readonly tokens: AccessTokens
  readonly #parts: DeliverParts
  readonly #cluster: string
  readonly #transport: TransportOptions
  readonly #options: TryPortsOptions
  readonly #startedAt: number

  constructor(
    parts: DeliverParts,
    cluster: string,
    transport: TransportOptions,
    options: TryPortsOptions,
  ) {
    this.clock = parts.ports.clock
    this.tokens = parts.tokens
    this.#parts = parts
    this.#cluster = cluster
    this.#transport = transport
    this.#options = options
    this.#startedAt = parts.ports.clock.elapsed()
  }

  send(request: OutboundRequest): ReturnType<TryPorts['send']> {
    if (!this.#options.followsRedirects) return this.#sendOnce(request)
    const sendOnce: TryPorts['send'] = (each) => this.#sendOnce(each)
    return sendFollowing(request, sendOnce, (place) => this.moves.push(place))
  }

  #sendOnce(request: OutboundRequest): ReturnType<TryPorts['send']> {
    const left = this.#left()
    if (isOver(left)) return Promise.resolve(outOfTime(this.#transport))
    const authorized = withCredentials(request, this.#options.credentials)
    const sent = this.#parts.ports.http.send(authorized, left)
    // What the Provider's own timeout bounds needs no words, and no promise more.
    if (this.#transport.boundBy === undefined) return sent
    return sent.then((result) => explained(result, this.#transport))
  }

  async publish(message: NatsMessage): ReturnType<TryPorts['publish']> {
    const left = this.#left()
    if (isOver(left)) return outOfTime(this.#transport)
    return explained(await this.#parts.ports.nats.publish(message, left), this.#transport)
  }

  async mail(message: MailMessage): ReturnType<TryPorts['mail']> {
    const left = this.#left()
    if (isOver(left)) return outOfTime(this.#transport)
    return explained(await this.#parts.ports.mail.send(message, left), this.#transport)
  }

  get memory(): DeliveryMemory {
    const { host, ports } = this.#parts
    return host.watch(createDeliveryMemory(ports, this.#cluster))
  }

  get identities(): ClusterIdentities {
    const { identities } = this.#parts.ports
    const { fresh } = this.#options
    return {
      cluster: this.#cluster,
      bindings: () => identities.bindings(this.#cluster, { ...(fresh && { fresh }) }),
      token: (audience) => identities.token(audience),
      awsCredentials: () => identities.awsCredentials(),
    }
  }

  get hasOwnRoots(): boolean {
    return this.#transport.tls?.ca !== undefined
  }

  #left(): TransportOptions {
    const { clock } = this.#parts.ports
    const timeoutMs = this.#transport.timeoutMs - (clock.elapsed() - this.#startedAt)
    return { ...this.#transport, timeoutMs }
  }
}

function isOver({ timeoutMs }: TransportOptions): boolean {
  return timeoutMs <= 0
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
