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
 * gets what those before it have left.
 */
export function createExchange(
  { ports, tokens }: DeliverParts,
  cluster: string,
  transport: TransportOptions,
): Exchange {
  const { clock, http, nats } = ports
  const startedAt = clock.now()
  const left = (): TransportOptions => ({
    ...transport,
    // A clock that was set back must not make a try longer.
    timeoutMs: Math.min(transport.timeoutMs - (clock.now() - startedAt), transport.timeoutMs),
  })
  const isOver = (options: TransportOptions) => options.timeoutMs <= 0
  return {
    async send(request) {
      const options = left()
      return isOver(options) ? outOfTime(transport) : http.send(request, options)
    },
    async publish(message) {
      const options = left()
      return isOver(options) ? outOfTime(transport) : nats.publish(message, options)
    },
    clock,
    tokens,
    memory: createDeliveryMemory(ports, cluster),
  }
}

function outOfTime({ timeoutMs }: TransportOptions): TransportFailure {
  const detail = `the requests before took the ${timeoutMs} ms of this try`
  return { kind: 'failure', cause: 'timeout', mayHaveArrived: false, detail }
}
