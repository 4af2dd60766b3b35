import type { Ports, TransportFailure, TransportOptions } from '../ports.ts'
import type { AccessTokens } from '../providers/access-tokens.ts'
import type { Exchange } from '../providers/contract.ts'
import { createDeliveryMemory } from './delivery-memory.ts'

/** What the deliveries of a process share. */
export interface DeliverParts {
  readonly ports: Ports
  readonly tokens: AccessTokens
}

/**
 * The exchange of one try, which begins now. `transport.timeoutMs` bounds all of it: each request
 * gets what those before it have left. `fresh` reads bindings past the cache.
 */
export function createExchange(
  { ports, tokens }: DeliverParts,
  cluster: string,
  transport: TransportOptions,
  options: { readonly fresh?: boolean } = {},
): Exchange {
  const { clock, http, nats, identities } = ports
  const startedAt = clock.now()
  const left = (): TransportOptions => ({
    ...transport,
    // A clock that was set back must not make a try longer.
    timeoutMs: Math.min(transport.timeoutMs - (clock.now() - startedAt), transport.timeoutMs),
  })
  const isOver = ({ timeoutMs }: TransportOptions) => timeoutMs <= 0
  return {
    async send(request) {
      const given = left()
      return isOver(given) ? outOfTime(transport) : http.send(request, given)
    },
    async publish(message) {
      const given = left()
      return isOver(given) ? outOfTime(transport) : nats.publish(message, given)
    },
    clock,
    tokens,
    memory: createDeliveryMemory(ports, cluster),
    identities: {
      cluster,
      bindings: () => identities.bindings(cluster, options),
      token: (audience) => identities.token(audience),
    },
    hasOwnRoots: transport.tls?.ca !== undefined,
  }
}

function outOfTime({ timeoutMs }: TransportOptions): TransportFailure {
  const detail = `the requests before took the ${timeoutMs} ms of this try`
  return { kind: 'failure', cause: 'timeout', mayHaveArrived: false, detail }
}
